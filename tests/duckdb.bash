# duckdb.bash - the library that scripts/export writes Parquet with

# need_duckdb: in VPIPE_DATA, from npm the first time; kept in build
need_duckdb() {
	local kept=${O:-$ROOT/build}/libduckdb.so

	mkdir -p "$VPIPE_DATA"
	if [[ -e $kept ]]; then
		ln "$kept" "$VPIPE_DATA" 2>/dev/null || cp "$kept" "$VPIPE_DATA"
		return
	fi
	command -v npm >/dev/null || skip "no npm, which brings DuckDB (scripts/deps)"
	"$ROOT/scripts/export" --sql 'select 1 as a' "$tmp/brought.parquet" 2>"$tmp/npm" ||
	    skip "npm does not bring DuckDB: $(head -n 1 "$tmp/npm")"
	cp "$VPIPE_DATA/libduckdb.so" "$kept.$$"
	mv "$kept.$$" "$kept"
}

# sums FOLDER: the columns of its Parquet files, added up by a reader of its own
sums() {
	local reader=${O:-$ROOT/build}/parquet

	"$ROOT/tests/modules" "$ROOT/tests/parquet" "$reader" 2>"$tmp/npm" || {
		cat "$tmp/npm"
		return 1
	}
	find "$1" -type f -name '*.parquet' -exec node "$reader/sums.mjs" {} +
}
