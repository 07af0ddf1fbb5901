// sheet PAGE FOLDER LABELS... - labels a contact sheet as a person would: by keyboard
//
// Opens PAGE in Debian's Chromium from disk, gives the labels (keys, one a
// picture), takes the last back and gives it again, closes the tab half way and
// opens it anew, and saves the file that the page offers in FOLDER.  Prints what
// it saw as JSON; pictures of the page stand in FOLDER, too.
import { chromium } from "playwright-core";

const [page_file, folder, ...labels] = process.argv.slice(2);
const browser = await chromium.launchPersistentContext(folder + "/profile", {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  acceptDownloads: true,
  viewport: { width: 1360, height: 900 },
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const seen = { errors: [], requests: [] };

const open = async () => {
  const page = await browser.newPage();
  page.on("pageerror", (e) => seen.errors.push(String(e)));
  page.on("console", (m) => { if (m.type() === "error") seen.errors.push(m.text()); });
  page.on("request", (r) => { if (!/^(file|data|blob):/.test(r.url())) seen.requests.push(r.url()); });
  await page.goto("file://" + page_file);
  await page.waitForFunction(() => [...document.querySelectorAll(".card img")]
    .slice(0, 5).every((i) => i.complete && i.naturalWidth > 0));
  return page;
};
const count = (page) => page.locator("#count").textContent();

let page = await open();
await page.screenshot({ path: folder + "/before.png" });
seen.pictures = await page.locator(".card").count();
seen.focused = await page.evaluate(() => document.activeElement.id);

const half = Math.floor(labels.length / 2);
for (const key of labels.slice(0, half)) await page.keyboard.press(key);
seen.half = await count(page);
// as a person closes a tab, and not as a crash does
await Promise.all([page.waitForEvent("close"), page.close({ runBeforeUnload: true })]);

page = await open();
seen.again = await count(page);
for (const key of labels.slice(half)) await page.keyboard.press(key);
seen.all = await count(page);
await page.keyboard.press("u");
seen.undone = await count(page);
await page.keyboard.press(labels.at(-1));
seen.redone = await count(page);

await page.keyboard.press("Home");
await page.screenshot({ path: folder + "/light.png" });
await page.locator("#theme").click();
await page.screenshot({ path: folder + "/dark.png" });
await page.locator("#theme").click();
await page.locator("#p0").focus();
await page.keyboard.press("Space");
await page.waitForFunction(() => document.getElementById("large").naturalWidth > 0);
await page.screenshot({ path: folder + "/zoom.png" });
await page.keyboard.press("Space");
await page.keyboard.press("?");
await page.screenshot({ path: folder + "/keys.png" });
await page.keyboard.press("Escape");
await page.locator("#filter").selectOption("open");
seen.open = await page.locator(".card").count();
await page.locator("#filter").selectOption("all");
seen.names = await page.evaluate(() => [...document.querySelectorAll(".card")]
  .every((e) => (e.getAttribute("aria-label") ?? "").startsWith("Picture ")));

// contrast of all that is written, in both themes (WCAG 2: 4.5)
const contrast = () => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (below, color) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const c of [below, color].flat()) {
      canvas.fillStyle = c;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let least = 99;
  for (const e of document.querySelectorAll("h1, #count, .tool span, button, button .n, select, .title, .meta, .chip, .chip i")) {
    if (e.disabled || !e.checkVisibility()) continue;
    const under = [];
    for (let up = e; up; up = up.parentElement) under.unshift(getComputedStyle(up).backgroundColor);
    const back = rgb("white", under), ink = rgb("rgb(" + back + ")", getComputedStyle(e).color);
    const [a, b] = [light(back), light(ink)].sort((x, y) => y - x);
    least = Math.min(least, (a + 0.05) / (b + 0.05));
  }
  return least;
};
seen.contrast = [await page.evaluate(contrast)];
await page.locator("#theme").click();
seen.contrast.push(await page.evaluate(contrast));

const download = page.waitForEvent("download");
await page.locator("#p0").focus();
await page.keyboard.press("s");
const file = await download;
seen.file = file.suggestedFilename();
await file.saveAs(folder + "/labels.ndjson");
await page.setViewportSize({ width: 420, height: 860 });
await page.screenshot({ path: folder + "/narrow.png" });
seen.wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
await browser.close();
console.log(JSON.stringify(seen));
