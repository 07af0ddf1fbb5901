"use strict";
// Tables that sort, filter and save themselves, and how values are written.

const vpipe = { pages: {}, parts: {} };

// element("p", {class: "dim"}, "text", child, ...)
vpipe.element = (name, attributes, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {}))
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== undefined && value !== null && value !== false)
      made.setAttribute(key, value === true ? "" : value);
  made.append(...children.flat().filter((c) => c !== null && c !== undefined));
  return made;
};

vpipe.written = {
  text: (v) => v ?? "",
  number: (v) => v.toLocaleString("en", { maximumFractionDigits: 2 }),
  price: (v, unit) => v.toLocaleString("en",
    { minimumFractionDigits: 2, maximumFractionDigits: 2 }) + (unit ? " " + unit : ""),
  share: (v) => (100 * v).toLocaleString("en", { maximumFractionDigits: 1 }) + " %",
  day: (v) => v.slice(0, 10),
  time: (v) => v.slice(0, 16).replace("T", " "),
};

vpipe.write = (value, type = "text", unit = "") =>
  value === null || value === undefined ? "" : vpipe.written[type](value, unit);

vpipe.csv = (names, rows) => [names, ...rows].map((row) => row.map((v) => {
  // a spreadsheet would run a text that begins like a formula
  const text = typeof v === "string" && /^[=+\-@\t\r]/.test(v) ? "'" + v : String(v ?? "");
  return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}).join(",") + "\r\n").join("");

vpipe.save = (name, text) => {
  const link = vpipe.element("a", { download: name,
    href: "data:text/csv;charset=utf-8," + encodeURIComponent(text) });
  document.body.append(link);
  link.click();
  link.remove();
};

// A table of rows (arrays).  A column is {name, type, unit, link}: link gives the
// address of a row's value, or nothing.  `most` rows are shown until asked for all.
vpipe.table = ({ caption, columns, rows, file, most = 50, empty = "Nothing to show." }) => {
  const { element, write } = vpipe;
  if (!rows.length) return element("div", { class: "few" }, element("h3", {}, caption), empty);
  let shown = rows, sorted = null, all = false;
  const isNumber = (c) => !["text", "day", "time", undefined].includes(c.type);
  const body = element("tbody");
  const more = element("button", { type: "button", click: () => { all = true; fill(); } });
  const heads = columns.map((column, i) => element("th",
    { scope: "col", class: isNumber(column) ? "number" : null },
    element("button", { type: "button", click: () => sort(i) }, column.name + (column.unit ? ` (${column.unit})` : ""))));
  const cell = (row, column, i) => {
    const text = write(row[i], column.type);
    const address = column.link?.(row);
    const inner = address && text !== "" ? element("a", { href: address }, text) : text;
    return i === 0 ? element("th", { scope: "row" }, inner)
      : element("td", { class: isNumber(column) ? "number" : column.type }, inner);
  };
  const fill = () => {
    const few = all ? shown : shown.slice(0, most);
    body.replaceChildren(...few.map((row) =>
      element("tr", {}, columns.map((column, i) => cell(row, column, i)))));
    more.hidden = few.length === shown.length;
    more.textContent = `Show all ${shown.length}`;
  };
  const sort = (i) => {
    const down = sorted !== i && isNumber(columns[i]) || sorted === i && !heads[i].matches("[aria-sort=descending]");
    heads.forEach((h) => h.removeAttribute("aria-sort"));
    heads[i].setAttribute("aria-sort", down ? "descending" : "ascending");
    sorted = i;
    // what is unknown stands last in either order
    const order = (a, b) => typeof a === "number" ? a - b : String(a).localeCompare(String(b));
    shown = [...shown].sort((a, b) => (a[i] ?? null) === null ? 1 : (b[i] ?? null) === null ? -1
      : order(a[i], b[i]) * (down ? -1 : 1));
    fill();
  };
  const filter = element("input", { type: "search", placeholder: "Filter", "aria-label": `Filter: ${caption}`,
    input: () => {
      const words = filter.value.toLowerCase().split(/\s+/);
      shown = rows.filter((row) => words.every((word) => columns.some((c, i) =>
        write(row[i], c.type, c.unit).toLowerCase().includes(word))));
      fill();
    } });
  fill();
  return element("section", { class: "listed", "data-file": file },
    element("div", { class: "choice" }, element("h3", {}, caption), rows.length > 12 ? filter : null,
      element("button", { type: "button", click: () => vpipe.save(`${file}.csv`,
        vpipe.csv(columns.map((c) => c.name), shown.map((r) => columns.map((c, i) => r[i])))) }, "Save as CSV")),
    element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
      element("table", { "aria-label": caption }, element("thead", {}, element("tr", {}, heads)), body)), more);
};
