"use strict";
// The pages: #/overview, #/categories/KEY/..., each a function of what follows its name.
// Figures come from data/*.js, written by vpipe report; shapes stand in its queries
// (schema/query/report).

const data = new Map();
vpipe.data = (key, value) => data.set(key, value);

vpipe.script = (address) => new Promise((loaded, failed) =>
  document.head.append(vpipe.element("script", { src: address, load: loaded, error: failed })));

// load(KEY): what data/KEY.js holds
const loading = new Map();
const load = (key) => {
  if (!loading.has(key))
    loading.set(key, vpipe.script(`data/${key}.js`).then(() => data.get(key)));
  return loading.get(key);
};

vpipe.say = (words) => { document.getElementById("live").textContent = words; };

const { element, write, table, chart } = vpipe;
const least = 20;
const byDay = { title: "Day (UTC)", type: "date" };

// --- what is there -------------------------------------------------------------

const named = (names, row) => Object.fromEntries(names.map((name, i) => [name, row[i]]));
const page_names = ["key", "source", "site", "currency", "catalog", "name", "path", "asked", "q1", "median", "q3",
  "sold", "sold_median", "new", "went", "coverage"];
let index, pages, conditions, sites;

const ready = () => load("index").then((given) => {
  index = given;
  pages = (given.pages ?? []).map((row) => named(page_names, row));
  conditions = new Map((given.conditions ?? []).map(([source, id, title]) => [`${source} ${id}`, title]));
  sites = (given.sites ?? []).map((row) => named(["source", "site", "country", "as_of"], row));
});

const one_source = () => new Set(sites.map((s) => s.source)).size < 2;
const place = (p) => `${p.site}, ${p.currency}` + (one_source() ? "" : ` (${p.source})`);
const called = (p) => p.catalog === null ? "All listings" : p.name ?? p.catalog;
const whole = (p) => `${called(p)}, ${place(p)}`;
const as_of = (p) => sites.find((s) => s.source === p.source && s.site === p.site)?.as_of;
const condition = (p, id) => id === null ? "" : conditions.get(`${p.source} ${id}`) ?? String(id);
const at = (p, ...more) => "#/" + ["categories", p.key, ...more].map(encodeURIComponent).join("/");
const day_names = ["day", "new", "ended", "sold", "live", "favourites", "asked_n", "asked", "sold_n", "sold_at",
  "coverage", "blank", "index", "index_base", "matched"];
const times = (rows) => (rows ?? []).map((row) => named(day_names, row));
const column = (rows, name) => rows.map((row) => row[name] ?? null);
const percent = (share) => write(share, "share");

// --- parts of pages ------------------------------------------------------------

// chooser(KEY, NAME): another site, currency or catalog of the page NAME
const chooser = (key, name) => {
  const select = element("select", { change: () => { location.hash = `#/${name}/${select.value}`; } },
    pages.map((p) => element("option", { value: p.key, selected: p.key === key }, whole(p))));
  return element("div", { class: "choice" }, element("label", {}, "Of ", select));
};

const covered = (rows) => {
  const known = rows.filter((r) => r.coverage !== null);
  const gaps = rows.filter((r) => /sweep|coverage/.test(r.blank ?? "")).length;
  if (!known.length) return "No sweep is known.";
  const mean = known.reduce((sum, r) => sum + r.coverage, 0) / rows.length;
  return `${percent(Math.min(mean, 1))} of the pages came` + (gaps ? `; ${gaps} of ${rows.length} are blank: less than 80 % came.` : ".");
};

const flows = (p, rows, span) => {
  const x = { ...byDay, title: span === "day" ? "Day (UTC)" : "Week from (Monday, UTC)", values: column(rows, "day") };
  const sum = (name) => rows.reduce((n, r) => n + (r[name] ?? 0), 0);
  const few = rows.length ? undefined : `No ${span} is over yet since the first listing was seen.`;
  return [
    chart({ title: `New and sold by ${span}`, x, few, y: { title: `Listings a ${span}` },
      about: `${whole(p)}: ${sum("new")} new and ${sum("sold")} sold. ${covered(rows)}`,
      series: [{ name: "new", values: column(rows, "new") }, { name: "sold", values: column(rows, "sold") }] }),
    chart({ title: `Median price by ${span}`, x, few, y: { title: `Median price (${p.currency})`, type: "price", unit: p.currency },
      about: `First prices of new listings (${sum("asked_n")}) and last prices of sold ones (${sum("sold_n")}); `
        + `a ${span} of fewer than ${least} is blank. ${covered(rows)}`,
      series: [{ name: "asked", values: column(rows, "asked") }, { name: "sold at", values: column(rows, "sold_at") }] }),
    chart({ title: `On sale by ${span}`, x, few, y: { title: "Listings" },
      about: `Listings on sale at the end of the ${span}. ${covered(rows)}`,
      series: [{ name: "on sale", values: column(rows, "live") }] }),
    chart({ title: `Favourites by ${span}`, x, few, y: { title: "Favourites" },
      about: `Favourites that listings won in the ${span}, less those that they lost. ${covered(rows)}`,
      series: [{ name: "favourites", values: column(rows, "favourites") }] }),
  ];
};

const prices = (p, given) => {
  const { width, rows } = given.bins ?? {};
  if (!rows || p.asked + p.sold < least)
    return chart({ title: "Prices", few: `Fewer than ${least} listings have a price.`, about: whole(p), x: { values: [] }, series: [{ values: [] }] });
  const last = Math.max(...rows.map((r) => r[1]));
  const values = (kind) => {
    const share = Array(last + 1).fill(0);
    for (const [of_kind, bin, n] of rows) if (of_kind === kind) share[bin] = n;
    return share;
  };
  return chart({ title: "Prices", y: { title: "Listings" },
    x: { title: `Price from (${p.currency})`, type: "category",
      values: [...Array(last + 1).keys()].map((n) => write(n * width, "number")) },
    about: `${p.asked} on offer in the last seven days, ${p.sold} sold in ninety days, at the last price asked; the last bar is all above.`,
    series: [{ name: "on offer", kind: "bar", values: values("asked") }, { name: "sold", kind: "bar", values: values("sold") }] });
};

// a row a brand (condition, size): on offer beside sold
const beside = (p, given, by) => {
  const rows = new Map();
  for (const [what, kind, brand, id, size, n, , q1, median, q3] of given.prices ?? []) {
    if (what !== by) continue;
    const name = by === "brand" ? brand : by === "condition" ? condition(p, id) : size;
    const row = rows.get(name) ?? [name || "(none)", 0, null, null, null, 0, null];
    if (kind === "asked") [row[1], row[2], row[3], row[4]] = [n, q1, median, q3];
    else [row[5], row[6]] = [n, median];
    rows.set(name, row);
  }
  const unit = p.currency;
  return table({ caption: `By ${by}`, file: `${by}-${p.key}`, most: 12, rows: [...rows.values()],
    columns: [{ name: by[0].toUpperCase() + by.slice(1), link: (row) => at(p, by, row[0]) },
      { name: "On offer", type: "number" }, { name: "Lower quarter", type: "price", unit },
      { name: "Median asked", type: "price", unit }, { name: "Upper quarter", type: "price", unit },
      { name: "Sold", type: "number" }, { name: "Median sold", type: "price", unit }] });
};

const listing_names = ["id", "title", "brand", "condition", "size", "price", "first", "born", "seen", "state", "left", "likes"];
const to_listing = (p, id) => `#/listing/${p.key}/${encodeURIComponent(id)}`;
const stands = (state) => state === "live" || !state ? "on sale" : state;

const listings = (p, given, [by, value]) => {
  const rows = (given.listings ?? []).map((row) => named(listing_names, row)).map((l) =>
    [l.title ?? l.id, l.brand, condition(p, l.condition), l.size, l.price, l.first === l.price ? null : l.first,
      stands(l.state), l.born, l.left ?? l.seen, l.likes, l.id]);
  const which = { brand: 1, condition: 2, size: 3 }[by];
  const shown = which ? rows.filter((row) => (row[which] || "(none)") === value) : rows;
  const unit = p.currency;
  return [element("h2", { id: "listings" }, which ? `Listings: ${value}` : "Listings"),
    table({ caption: `The newest ${rows.length}${which ? `, of which ${shown.length} are of ${by} ${value}` : ""}`,
      file: `listings-${p.key}`, rows: shown, empty: "None among the newest listings.",
      columns: [{ name: "Title", link: (row) => to_listing(p, row[10]) }, { name: "Brand" }, { name: "Condition" }, { name: "Size" },
        { name: "Price", type: "price", unit }, { name: "First price", type: "price", unit }, { name: "State" },
        { name: "First seen", type: "day" }, { name: "Last seen or left", type: "day" },
        { name: "Favourites", type: "number" }, { name: "Id" }] }),
    element("p", { class: "dim" }, "All of them, as CSV: ", element("code", {}, "vpipe export listing_fact listings.csv"), ".")];
};

const ages = (p, given) => {
  const rows = (given.ages ?? []).filter((r) => r[6] !== null);
  return chart({ title: "Sold by age", few: rows.length ? undefined :
      `Fewer than ${least} listings have a known first day: vpipe track has to look at their sellers before they are listed.`,
    about: rows.length ? `Of ${rows[0][1]} listings whose first day is known. The band is the 95 % interval (Wilson), from none of `
      + "those whose end is unknown sold, to all of them." : whole(p),
    x: { title: "Age (days)", type: "category", values: rows.map((r) => String(r[0])) },
    y: { title: "Share sold", type: "share" },
    series: [{ name: "sold", values: rows.map((r) => r[6]), low: rows.map((r) => r[7]), high: rows.map((r) => r[8]) }] });
};

const curve = (cell) => {
  const exits = cell.sold + cell.other + cell.unknown;
  const days = cell.days ?? [];	// day, share on sale, its 95 % interval
  return chart({ title: `Days until it is sold: ${cell.name}`,
    few: exits >= least && days.length ? undefined : `${cell.name}: fewer than ${least} are sold or gone.`,
    about: `${write(cell.n, "number")} listings, ${write(cell.sold, "number")} sold; of ${percent(exits ? cell.unknown / exits : 0)} of those gone it is `
      + `unknown whether sold. Half are sold after ${cell.median ? write(cell.median, "number") + " days" : "more days than they were followed"}.`,
    x: { title: "Age (days)", values: days.map((d) => d[0]) }, y: { title: "Share sold", type: "share" },
    series: [{ name: "sold", shape: "hv", values: days.map((d) => 1 - d[1]), low: days.map((d) => 1 - d[3]), high: days.map((d) => 1 - d[2]) }] });
};

const coverage = () => {
  const rows = index.coverage ?? [];
  return sites.map((s) => {
    const own = rows.filter((r) => r[0] === s.source && r[1] === s.site);
    return chart({ title: `Pages that came, ${s.site}`, file: `coverage-${s.site}`,
      x: { ...byDay, values: own.map((r) => r[2]) }, y: { title: "Share of pages", type: "share" },
      few: own.length ? undefined : "No catalog of this site has been swept.",
      about: `${own.reduce((n, r) => n + r[6], 0)} of ${own.reduce((n, r) => n + r[5], 0)} pages; below 80 % figures of a day are blank.`,
      series: [{ name: "came", kind: "bar", values: own.map((r) => r[5] ? r[6] / r[5] : null) }] });
  });
};

// --- pages ---------------------------------------------------------------------

const catalogs = (own, caption) => table({ caption, file: "categories", rows: own.map((p) => [called(p), p.asked, p.q1, p.median, p.q3,
    p.sold, p.sold_median, p.new, p.went, p.coverage, p]),
  columns: [{ name: "Category", link: (row) => at(row[10]) }, { name: "On offer", type: "number" },
    ...["Lower quarter", "Median asked", "Upper quarter"].map((name) => ({ name, type: "price", unit: own[0]?.currency })),
    { name: "Sold, 90 days", type: "number" }, { name: "Median sold", type: "price", unit: own[0]?.currency },
    { name: "New, 7 days", type: "number" }, { name: "Sold, 7 days", type: "number" }, { name: "Pages that came", type: "share" }] });

vpipe.pages.overview = {
  title: "Overview",
  show: () => {
    const all = pages.filter((p) => p.catalog === null);
    const tile = (p) => element("section", { class: "tile" }, element("h2", {}, element("a", { href: at(p) }, place(p))),
      element("dl", {}, [
        ["On offer, 7 days", write(p.asked, "number")],
        ["Median asked", write(p.median, "price", p.currency) || `fewer than ${least}`],
        ["Sold, 90 days", write(p.sold, "number")],
        ["Median sold", write(p.sold_median, "price", p.currency) || `fewer than ${least}`],
        ["New, 7 days", write(p.new, "number") || "not known"],
        ["Sold, 7 days", write(p.went, "number") || "not known"],
        ["Pages that came, 7 days", percent(p.coverage)]].flatMap(([k, v]) => [element("dt", {}, k), element("dd", {}, v)])),
      element("p", { class: "dim" }, `As of ${write(as_of(p), "time")}. `, element("a", { href: at(p, "listings") }, "Its listings")));
    const largest = (p) => pages.filter((c) => c.catalog !== null && c.source === p.source && c.site === p.site && c.currency === p.currency)
      .sort((a, b) => b.asked - a.asked).slice(0, 10);
    return [element("div", { class: "tiles" }, all.map(tile)),
      ...all.flatMap((p) => [element("h2", {}, place(p)), catalogs(largest(p), "The largest categories"),
        element("div", { "data-later": p.key })]),
      all.length ? [] : element("p", { class: "few" }, "No listing has been seen yet: vpipe catalog asks for the first ones.")];
  },
  later: async (main) => {
    for (const space of main.querySelectorAll("[data-later]")) {
      const p = pages.find((one) => one.key === space.dataset.later);
      space.replaceWith(flows(p, times((await load(p.key)).days), "day")[0]);
    }
  },
};

const key_of = (key) => pages.find((p) => p.key === key);
const first_page = () => pages.find((p) => p.catalog === null) ?? pages[0];

vpipe.pages.categories = {
  title: "Categories",
  show: async (key, ...which) => {
    if (key === undefined)
      return pages.filter((p) => p.catalog === null).flatMap((all) => [element("h2", {}, place(all)),
        catalogs(pages.filter((p) => p.source === all.source && p.site === all.site && p.currency === all.currency)
          .map((p) => ({ ...p, name: p.path ?? p.name })), `Categories of ${place(all)}`)]);
    const p = key_of(key);
    if (!p) return unknown("This category is not in the report.");
    const given = await load(key);
    return [element("h1", {}, called(p)), element("p", { class: "dim" },
        `${p.path ? p.path + "; " : ""}${place(p)}, as of ${write(as_of(p), "time")}. `,
        element("a", { href: `#/trends/${key}` }, "Trends"), " · ", element("a", { href: `#/sales/${key}` }, "Sales")),
      which.length ? listings(p, given, which) : [],
      prices(p, given), beside(p, given, "brand"), beside(p, given, "condition"), beside(p, given, "size"),
      which.length ? [] : listings(p, given, which)];
  },
};

vpipe.pages.products = {
  title: "Products",
  show: async (words = "") => {
    const all = pages.filter((p) => p.catalog === null);
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (text) => wanted.every((w) => text.toLowerCase().includes(w));
    const brands = [], found = [];
    for (const p of all) {
      const given = await load(p.key);
      const rows = new Map();
      for (const [by, kind, brand, , , n, , , median] of given.prices ?? [])
        if (by === "brand" && brand && fits(brand)) {
          const row = rows.get(brand) ?? [brand, place(p), 0, null, 0, null, p];
          if (kind === "asked") [row[2], row[3]] = [n, median]; else [row[4], row[5]] = [n, median];
          rows.set(brand, row);
        }
      brands.push(...rows.values());
      for (const row of given.listings ?? [])
        if (wanted.length && fits(`${row[0]} ${row[1] ?? ""} ${row[2] ?? ""}`))
          found.push([row[1] ?? row[0], row[2], row[5], p.currency, stands(row[9]), row[7], p.site, row[0], p]);
    }
    brands.sort((a, b) => b[2] - a[2]);
    return [element("h1", {}, words ? `Products: ${words}` : "Products"),
      element("p", { class: "dim" }, "The sixty largest brands of each site and its newest 500 listings. Of any other: ",
        element("code", {}, "vpipe price --brand NAME"), "."),
      words ? table({ caption: "Listings", file: "found", rows: found, empty: "No listing among the newest is called that.",
        columns: [{ name: "Title", link: (row) => to_listing(row[8], row[7]) }, { name: "Brand" }, { name: "Price", type: "price" }, { name: "In" }, { name: "State" },
          { name: "First seen", type: "day" }, { name: "Site" }, { name: "Id" }] }) : [],
      table({ caption: "Brands", file: "brands", rows: brands, empty: "No large brand is called that.",
        columns: [{ name: "Brand", link: (row) => at(row[6], "brand", row[0]) }, { name: "Site" }, { name: "On offer", type: "number" },
          { name: "Median asked", type: "price" }, { name: "Sold", type: "number" }, { name: "Median sold", type: "price" }] })];
  },
};

// One listing: no link of the navigation.
const event_names = ["id", "type", "earliest", "latest", "old", "new", "currency", "confidence", "why"];
vpipe.pages.listing = {
  show: async (key, id) => {
    const p = key_of(key);
    const all = p ? ((await load(key)).listings ?? []).map((row) => named(listing_names, row)) : [];
    const l = all.find((one) => one.id === id);
    if (!l) return unknown("This listing is not among the newest of the report.");
    const told = await load(`${key}-stories`);
    const events = (told.events ?? []).map((row) => named(event_names, row)).filter((e) => e.id === id);
    const changes = events.filter((e) => e.type === "repriced" && e.currency === p.currency);
    const steps = [[l.born, l.first ?? l.price], ...changes.map((e) => [e.latest, e.new]), [l.left ?? l.seen, l.price]]
      .filter(([, price]) => price !== null);
    const picture = told.pictures?.[id];
    const near = all.filter((o) => o !== l && o.price !== null && (!l.brand || o.brand === l.brand))
      .sort((a, b) => (b.condition === l.condition) - (a.condition === l.condition)
        || Math.abs(a.price - l.price) - Math.abs(b.price - l.price)).slice(0, 10);
    const unit = p.currency;
    return [element("h1", {}, l.title ?? l.id),
      element("p", { class: "dim" }, [l.brand, l.size, condition(p, l.condition), `${write(l.price, "price", unit)}`, stands(l.state),
        `first seen ${write(l.born, "day")}`, `id ${l.id}`].filter(Boolean).join(", "), ". In ", element("a", { href: at(p) }, whole(p)), "."),
      picture ? element("img", { class: "picture", src: `pictures/${picture}`, alt: `The main picture of ${l.title ?? l.id}`,
        error: (event) => event.target.remove() }) : [],
      chart({ title: "Price", file: `price-${id}`, few: new Set(steps.map(([time]) => time)).size > 1 ? undefined : "It was seen once.", about: `From the day it was first seen to ${l.left ? "the day it left" : "the last look"}; ${changes.length} changes are known.`,
        x: { title: "Time (UTC)", type: "date", values: steps.map(([time]) => write(time, "time")) }, y: { title: `Price (${unit})`, type: "price", unit },
        series: [{ name: "price", shape: "hv", values: steps.map(([, price]) => price) }] }),
      table({ caption: "What happened to it", file: `events-${id}`, empty: "No event is known: vpipe track looks at sellers, and finds them.",
        rows: events.map((e) => [e.type, e.earliest, e.latest, e.old, e.new, e.currency, e.confidence, e.why]),
        columns: [{ name: "Event" }, { name: "Not before", type: "time" }, { name: "Not after", type: "time" }, { name: "Old", type: "price" },
          { name: "New", type: "price" }, { name: "In" }, { name: "Known" }, { name: "By" }] }),
      table({ caption: `Like it, of the newest${l.brand ? ` of ${l.brand}` : ""}`, file: `like-${id}`, empty: "None like it is among the newest.",
        rows: near.map((o) => [o.title ?? o.id, o.brand, condition(p, o.condition), o.size, o.price, stands(o.state), o.born, o.id]),
        columns: [{ name: "Title", link: (row) => to_listing(p, row[7]) }, { name: "Brand" }, { name: "Condition" }, { name: "Size" },
          { name: "Price", type: "price", unit }, { name: "State" }, { name: "First seen", type: "day" }, { name: "Id" }] }),
      element("p", { class: "dim" }, "The records behind it: ", element("code", {}, `vpipe why ${id}`), ". What things like it sell for: ",
        element("code", {}, `vpipe price ${id}`), ".")];
  },
};

vpipe.pages.trends = {
  title: "Trends",
  show: async (key = first_page()?.key, span = "day") => {
    const p = key_of(key);
    if (!p) return unknown(pages.length ? "This category is not in the report." : "No listing has been seen yet.");
    const given = await load(key);
    const rows = times(span === "week" ? given.weeks : given.days);
    return [element("h1", {}, `Trends: ${called(p)}`), chooser(key, "trends"),
      element("p", {}, element("a", { href: `#/trends/${key}/day`, "aria-current": span === "day" ? "true" : null }, "By day"), " · ",
        element("a", { href: `#/trends/${key}/week`, "aria-current": span === "week" ? "true" : null }, "By week")),
      ...flows(p, rows, span === "week" ? "week" : "day"),
      span !== "week" ? [] : chart({ title: "Index of asking prices", x: { ...byDay, title: "Week from (Monday, UTC)", values: column(rows, "day") },
        y: { title: "Index, 100 in its first week", floating: true },
        few: rows.some((r) => r.index !== null) ? undefined : `No two weeks in a row have ${least} prices and enough of the same mix.`,
        about: "First prices of the same mix of category, brand and condition in each week; it begins anew after a gap.",
        series: [{ name: "index", values: column(rows, "index") }] })];
  },
};

vpipe.pages.sales = {
  title: "Sales",
  show: async (key = first_page()?.key) => {
    const p = key_of(key);
    if (!p) return unknown(pages.length ? "This category is not in the report." : "No listing has been seen yet.");
    const given = await load(key);
    const curves = (await load("curves")).filter((c) => c.catalog === p.catalog);
    const factors = (index.factors ?? []).filter((f) => f[0] === p.source && f[5] !== null);
    return [element("h1", {}, `Sales: ${called(p)}`), chooser(key, "sales"), ages(p, given),
      element("p", { class: "dim" }, "The curve is of all sites."), ...curves.map(curve),
      curves.length ? [] : chart({ title: "Days until it is sold", few: "No listing of it has a known first day.", about: called(p), x: { values: [] }, series: [{ values: [] }] }),
      chart({ title: "What goes with a faster sale", file: "factors",
        few: factors.length ? undefined : "vpipe factors has not been run, or found too few sales.",
        about: "Ratios of the chance to be sold on a day against the reference, with 95 % intervals; goes with, not because of.",
        x: { title: "Attribute", values: factors.map((f) => `${f[1]} ${f[2]} (to ${f[3] ?? "half of it"})`) },
        y: { title: "Ratio (logarithmic)" },
        series: [{ name: "ratio", kind: "interval", values: factors.map((f) => f[4]), low: factors.map((f) => f[5]), high: factors.map((f) => f[6]) }] })];
  },
};

vpipe.pages.places = {
  title: "Places",
  show: () => {
    const rows = index.places ?? [];
    return [element("h1", {}, "Places"), chart({ title: "Sellers by country", y: { title: "Sellers" },
        x: { title: "Country", type: "category", values: rows.map((r) => r[1] || "not told") },
        few: rows.length ? undefined : "No seller has been looked at: vpipe track does.",
        about: `${rows.reduce((n, r) => n + r[2], 0)} sellers that were looked at.`,
        series: [{ name: "sellers", kind: "bar", values: rows.map((r) => r[2]) }] }),
      table({ caption: "Sites", file: "sites", rows: pages.filter((p) => p.catalog === null).map((p) => [p.site,
          sites.find((s) => s.site === p.site && s.source === p.source)?.country, p.currency, p.asked, p.median, p.sold, p.sold_median, p]),
        columns: [{ name: "Site", link: (row) => at(row[7]) }, { name: "Country" }, { name: "Currency" }, { name: "On offer", type: "number" },
          { name: "Median asked", type: "price" }, { name: "Sold, 90 days", type: "number" }, { name: "Median sold", type: "price" }] })];
  },
};

vpipe.pages.sources = {
  title: "Sources",
  show: () => [element("h1", {}, "Sources"), ...coverage(),
    table({ caption: "The last runs", file: "runs", most: 20, rows: (index.runs ?? []).map(([run, source, flow, start, end, complete, stop]) =>
        [start, flow, source, end, complete ? "to its end" : "partial", stop, run]),
      columns: [{ name: "Began", type: "time" }, { name: "Flow" }, { name: "Source" }, { name: "Ended", type: "time" }, { name: "Walked" },
        { name: "Why it stopped" }, { name: "Run" }] })],
};

vpipe.pages.quality = {
  title: "Quality",
  show: () => [element("h1", {}, "Quality"),
    table({ caption: "Rules that found bad rows", file: "findings", empty: "The last check found no bad row.",
      rows: (index.findings ?? []).map(([rule, severity, bad, total, broken, checked]) =>
        [rule, severity, bad, total, broken && `broken: ${broken}`, checked]),
      columns: [{ name: "Rule" }, { name: "Severity" }, { name: "Bad rows", type: "number" }, { name: "Of", type: "number" },
        { name: "Remark" }, { name: "Checked", type: "time" }] }),
    table({ caption: "What pages, drawn at random, say of what was concluded", file: "audit",
      empty: "No page has been asked yet to check what was concluded: vpipe track draws after all that is due.",
      rows: index.audit ?? [],
      columns: [{ name: "Source" }, { name: "Concluded" }, { name: "By" }, ...["Asked", "Right", "Wrong", "Silent", "Moved", "Open"]
        .map((name) => ({ name, type: "number" })), { name: "Right, from", type: "share" }, { name: "To (95 %)", type: "share" }] }),
    element("p", { class: "dim" }, `${index.evidence} What the columns mean: `, element("code", {}, "vpipe help audit"), "."),
    table({ caption: "What was refused of what came", file: "rejects", rows: index.rejects ?? [], empty: "Nothing was refused.",
      columns: [{ name: "Stream" }, { name: "Reason" }, { name: "Times", type: "number" }] }),
    table({ caption: "Sweeps by day", file: "coverage", rows: [...index.coverage ?? []].reverse().map((r) => [r[2], r[1], r[3], r[4], r[5], r[6], r[7], r[8]]),
      columns: [{ name: "Day", type: "day" }, { name: "Site" }, { name: "Sweeps", type: "number" }, { name: "Complete", type: "number" },
        { name: "Pages asked", type: "number" }, { name: "Pages that came", type: "number" }, { name: "Capped", type: "number" },
        { name: "Gaps", type: "number" }] })],
};

// --- one page at a time --------------------------------------------------------

const unknown = (why) => [element("h1", {}, "Not here"), element("p", {}, why + " "),
  element("p", {}, element("a", { href: "#/overview" }, "To the overview"))];

const parts = () => location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map((part) => {
  try { return decodeURIComponent(part); } catch { return part; }
});

let turn = 0;
const show = async (moved = true) => {
  const mine = ++turn;
  const [name = "overview", ...rest] = parts();
  const page = Object.hasOwn(vpipe.pages, name) ? vpipe.pages[name] : null;
  let made;
  try {
    made = (page ? await page.show(...rest) : unknown("There is no page of this address.")) ?? [];
  } catch (error) {
    made = unknown(error instanceof Event ? "A data file of this report is missing: vpipe report makes it again." : String(error));
  }
  if (mine !== turn) return;
  const main = document.getElementById("main");
  main.replaceChildren(...made.flat(3));
  if (!main.querySelector("h1")) main.prepend(element("h1", {}, page.title));
  main.dataset.page = name;
  document.title = `${main.querySelector("h1").textContent} - Market report`;
  for (const link of document.querySelectorAll("#nav a"))
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  if (moved) { window.scrollTo(0, 0); main.focus({ preventScroll: true }); }
  await page?.later?.(main);
  main.dataset.ready = String(mine);
};

const dark = (on) => {
  document.documentElement.classList.toggle("dark", on);
  document.getElementById("theme").textContent = on ? "Light" : "Dark";
};

const begin = async () => {
  document.getElementById("nav").append(...Object.entries(vpipe.pages).filter(([, page]) => page.title).map(([name, page]) =>
    element("a", { href: `#/${name}` }, page.title)));
  dark(matchMedia("(prefers-color-scheme: dark)").matches);
  document.getElementById("theme").addEventListener("click", () => {
    dark(!document.documentElement.classList.contains("dark"));
    show(false);
  });
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = `#/products/${encodeURIComponent(event.target.words.value.trim())}`;
  });
  try { await ready(); } catch {
    document.getElementById("main").append(...unknown("data/index.js of this report is missing: vpipe report makes it again."));
    return;
  }
  document.getElementById("evidence").textContent = index.evidence;
  document.getElementById("foot").textContent = "Sold, ended and favourites are what vpipe track saw; a median needs "
    + `${least} listings; days are of UTC. Made by vpipe report.`;
  addEventListener("hashchange", () => show());
  await show(false);
};
begin();
