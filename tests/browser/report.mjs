// report FOLDER PICTURES [shots|desk] - opens a report as a person would, and says what it saw
//
// From disk, in Debian's Chromium: each page at a desk and, dark, on a phone; the
// keyboard alone; a wrong address; drilling down.  With `shots` the pages are all,
// with `desk` those at a desk.  Prints JSON; pictures of the pages stand in PICTURES.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [folder, pictures, shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"] });
const seen = { errors: [], requests: [], wide: [], undrawn: [], axe: [], pages: {} };

const opened = async (options) => {
  const page = await (await browser.newContext(options)).newPage();
  page.on("pageerror", (e) => seen.errors.push(String(e)));
  page.on("console", (m) => { if (m.type() === "error") seen.errors.push(m.text()); });
  page.on("request", (r) => { if (!/^(file|data|blob|about):/.test(r.url())) seen.requests.push(r.url()); });
  return page;
};
const ready = (page) => page.waitForFunction(() => document.querySelector("main").dataset.ready
  && !document.querySelector("[data-state=drawing]"));
const go = async (page, address) => {
  await page.goto("about:blank");
  await page.goto(`file://${folder}/index.html${address}`);
  await ready(page);
};
const moved = async (page, act) => {
  const before = await page.evaluate(() => document.querySelector("main").dataset.ready);
  await act();
  await page.waitForFunction((b) => document.querySelector("main").dataset.ready !== b
    && !document.querySelector("[data-state=drawing]"), before);
};

const desk = await opened({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
await go(desk, "");
const names = await desk.locator("#nav a").evaluateAll((all) => all.map((a) => a.hash));
const first = await desk.locator(".tile h2 a").first().evaluate((a) => a.hash.split("/")[2]);
seen.first = first;
const addresses = [...names, `#/categories/${first}`, `#/trends/${first}/week`, `#/sales/${first}`, "#/products/ravelo"];
await go(desk, `#/categories/${first}`);
const told = desk.locator("section.listed").last().locator("tbody th a").first();
if (await told.count()) addresses.push(await told.evaluate((a) => a.hash));
const phone = await opened({ viewport: { width: 390, height: 844 }, colorScheme: "dark", bypassCSP: true });
for (const [name, page] of [["desk", desk], ...shots === "desk" ? [] : [["phone", phone]]])
  for (const address of addresses) {
    await go(page, address);
    const where = `${name} ${address}`;
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) seen.wide.push(where);
    // a chart that says it is drawn has marks
    seen.undrawn.push(...await page.locator("figure[data-state=drawn]").evaluateAll((all, w) => all
      .filter((f) => !f.querySelector(".scatterlayer .point, .scatterlayer .js-line, .barlayer .point path"))
      .map((f) => `${w}: ${f.querySelector("h3").textContent}`), where));
    if (name === "phone") {
      await page.evaluate(axe);
      const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], preload: false }));
      seen.axe.push(...found.violations.filter((v) => ["serious", "critical"].includes(v.impact))
        .map((v) => `${address}: ${v.id}: ${v.nodes[0].target}`));
    } else
      seen.pages[address.split("/")[1] + (address.split("/").length > 2 ? "*" : "")] = {
        title: await page.title(), drawn: await page.locator("figure[data-state=drawn]").count(),
        few: await page.locator("[data-state=few]").count(), rows: await page.locator("tbody tr").count() };
    await page.screenshot({ path: `${pictures}/${name}-${address.replaceAll(/[^a-z0-9]+/g, "-")}.png`, fullPage: true });
  }

if (shots) {
  console.log(JSON.stringify(seen));
  await browser.close();
  process.exit();
}

// a wrong address is a friendly page
for (const address of ["#/nothing", "#/categories/nobody", "#/constructor", "#/%E0%A4%A"]) {
  await go(desk, address);
  (seen.wrong ??= []).push(await desk.locator("h1").textContent());
}

// drilling down: from a number to its listings in two steps, the second a brand
await go(desk, "#/overview");
await moved(desk, () => desk.locator(".tile h2 a").first().click());
await moved(desk, () => desk.locator("section.listed a[href*='/brand/']").first().click());
seen.brand = decodeURIComponent(await desk.evaluate(() => location.hash.split("/")[4]));
seen.brands = await desk.locator("section.listed").first().locator("tbody tr td:nth-child(2)").evaluateAll((all) =>
  [...new Set(all.map((cell) => cell.textContent))]);

// a filter and a sort change what is shown
await go(desk, `#/categories/${first}`);
const table = desk.locator("section.listed").last();
const count = () => table.locator("tbody tr").count();
seen.unfiltered = await count();
await table.locator("input").fill("no such words");
seen.filtered = await count();
await table.locator("input").fill("");
await table.getByRole("button", { name: /^Price/ }).click();
seen.dearest = await table.locator("tbody tr td:nth-child(5)").first().textContent();

// the keyboard alone: every page by tab and enter, every value by arrow
await go(desk, "#/overview");
seen.keyed = [];
for (const name of names) {
  await desk.evaluate(() => document.activeElement.blur());
  await desk.locator("body").press("Tab");
  for (let n = 0; n < 40 && await desk.evaluate(() => document.activeElement.hash) !== name; n++) await desk.keyboard.press("Tab");
  if (name === "#/overview") { seen.keyed.push(name); continue; }
  await moved(desk, () => desk.keyboard.press("Enter"));
  seen.keyed.push(await desk.evaluate(() => location.hash));
}
await go(desk, `#/trends/${first}`);
await desk.locator(".plot").first().focus();
await desk.keyboard.press("Home");
const live = () => desk.locator("#live").textContent();
seen.told = [await live()];
await desk.keyboard.press("ArrowRight");
seen.told.push(await live());

// labels that others wrote
await go(desk, "#/overview");
await desk.evaluate(() => document.querySelector("main").replaceChildren(vpipe.chart({ title: "Labels", about: "",
  x: { title: "Brand", values: ["<b>bold</b> & co", "<a href=x>link</a>"] }, y: { title: "Ratio" },
  series: [{ name: "ratio", kind: "interval", values: [1, 2], low: [0.5, 1], high: [2, 3] }] })));
await desk.waitForFunction(() => document.querySelector("[data-state=drawn]"));
seen.labels = await desk.locator(".ytick text").allTextContents();

// search
await desk.locator("#search input").fill("Ravelo");
await moved(desk, () => desk.locator("#search input").press("Enter"));
seen.searched = await desk.locator("h1").textContent();
const found = desk.locator("section.listed").first().locator("tbody th a").first();
seen.story = { found: await found.textContent() };
await moved(desk, () => found.click());
seen.story.title = await desk.locator("h1").textContent();

// one that was repriced, and one like it
await go(desk, `#/categories/${first}`);
await table.getByRole("button", { name: /^First price/ }).click();
await moved(desk, () => table.locator("tbody th a").first().click());
seen.story.repriced = await desk.locator("h1").textContent();
seen.story.drawn = await desk.locator("figure[data-state=drawn]").count();
const events = desk.locator("section.listed[data-file^=events] tbody tr");
seen.story.events = await events.count();
seen.story.steps = await desk.locator("figure section.listed[data-file^=price] tbody tr")
  .evaluateAll((all) => all.map((row) => row.lastElementChild.textContent));
seen.story.changes = await events.filter({ hasText: "repriced" }).evaluateAll((all) => all.map((row) => row.children[4].textContent));
await moved(desk, () => desk.locator("section.listed").last().locator("tbody th a").first().click());
seen.story.like = await desk.locator("h1").textContent();

console.log(JSON.stringify(seen));
await browser.close();
