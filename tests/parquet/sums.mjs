// sums FILE... - adds up the columns of Parquet files, by a reader that is not DuckDB's
//
// Prints a line for each column, over all files: its name, how many values are not
// null, and their sum: of decimals and whole numbers exact, of texts their lengths in
// UTF-8, of times microseconds since 1970, of true ones how many.
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";

// the unscaled number of a decimal, which the reader would round
const unscaled = (bytes) => bytes instanceof Uint8Array
  ? BigInt.asIntN(8 * bytes.length, bytes.reduce((n, b) => n << 8n | BigInt(b), 0n)) : BigInt(bytes);
const text = (n, scale) => {
  const digits = (n < 0n ? -n : n).toString().padStart(scale + 1, "0");
  return (n < 0n ? "-" : "") + (scale ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits);
};

const columns = new Map();
for (const name of process.argv.slice(2)) {
  const file = await asyncBufferFromFile(name);
  const metadata = await parquetMetadataAsync(file);
  for (const column of metadata.schema.slice(1)) {
    const decimal = column.logical_type?.type === "DECIMAL";
    if (!columns.has(column.name)) columns.set(column.name, { n: 0, sum: 0n, scale: decimal ? column.logical_type.scale : 0, decimal });
    if (decimal) { delete column.logical_type; delete column.converted_type; }
  }
  for (const row of await parquetReadObjects({ file, metadata, compressors, utf8: false }))
    for (const [key, value] of Object.entries(row)) {
      if (value === null || value === undefined) continue;
      const column = columns.get(key);
      column.n++;
      if (column.decimal) column.sum += unscaled(value);
      else if (typeof value === "string") column.sum += BigInt(Buffer.byteLength(value));
      else if (value instanceof Date) column.sum += BigInt(value.getTime()) * 1000n;
      else if (typeof value === "number") column.sum = Number(column.sum) + value;
      else column.sum += BigInt(value);
    }
}
for (const [name, { n, sum, scale }] of columns)
  console.log(`${name}|${n}|${typeof sum === "bigint" ? text(sum, scale) : sum}`);
