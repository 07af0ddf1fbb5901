"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const pictures = data.pictures;
  const place = new Map(pictures.map((p, i) => [p.sha256, i]));
  const commands = "ufshn";
  const keys = [..."1234567890abcdefghijklmnopqrstuvwxyz"].filter((k) => !commands.includes(k));
  const hues = [212, 28, 150, 332, 48, 268, 186, 4, 96, 300];
  const store = "vpipe-label-" + data.key;

  // What this browser remembers: choices of this sitting and of those before.
  // A choice is {value, at}; value null takes a label back that was there.
  const state = { choices: {}, saved: {}, undo: [], added: [], filter: "all" };
  let keeps = true;
  try {
    Object.assign(state, JSON.parse(localStorage.getItem(store) || "{}"));
  } catch { keeps = false; }

  const values = [...new Set([...data.values, ...state.added])];
  let shown = [], current = 0, toastTimer;

  const keep = () => {
    try {
      localStorage.setItem(store, JSON.stringify({ ...state, undo: state.undo.slice(-500) }));
    } catch { keeps = false; warn(); }
  };
  const warn = () => {
    $("note").hidden = keeps;
    $("note").textContent = "This browser keeps nothing for pages from disk: save before you close the tab.";
  };

  // -- what is said of a picture ----------------------------------------------

  const before = (p) => p.labels?.find((l) => l.source === "human")?.value ?? null;
  const chosen = (p) => p.sha256 in state.choices ? state.choices[p.sha256].value : before(p);
  const suggestion = (p) => {
    const others = (p.labels ?? []).filter((l) => l.source !== "human");
    const usual = others.filter((l) => values.includes(l.value));
    const best = usual.length > 0 ? usual : others;
    return best.find((l) => l.source === "catalog") ?? best[0] ?? null;
  };
  const hue = (value) => {
    const i = values.indexOf(value);
    return i < 0 ? 220 : (hues[i % hues.length] + 17 * Math.floor(i / hues.length)) % 360;
  };
  const price = (p) => {
    if (p.price == null) return null;
    try {
      return new Intl.NumberFormat(undefined, { style: "currency", currency: p.currency }).format(p.price);
    } catch { return [p.price, p.currency].filter(Boolean).join(" "); }
  };
  const meta = (p) => [p.brand, p.size].filter(Boolean).join(" · ");

  const filters = {
    all: ["All", () => true],
    open: ["Without a label", (p) => chosen(p) === null],
    done: ["With a label", (p) => chosen(p) !== null],
    differs: ["Unlike the suggestion", (p) => chosen(p) !== null && suggestion(p) !== null && suggestion(p).value !== chosen(p)],
  };
  const passes = (p) => state.filter.startsWith("=")
    ? chosen(p) === state.filter.slice(1) : (filters[state.filter] ?? filters.all)[1](p);

  // -- drawing ----------------------------------------------------------------

  const make = (tag, cls, text) => {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    if (text !== undefined) e.textContent = text;
    return e;
  };

  const chip = (p) => {
    const value = chosen(p), maybe = suggestion(p);
    const said = value ?? maybe?.value;
    if (said == null) return make("span", "chip blank", "no label");
    const e = make("span", value === null ? "chip maybe" : "chip", said);
    e.style.setProperty("--hue", hue(said));
    if (value === null) {
      const score = maybe.score == null || maybe.score >= 1 ? "" : " " + Math.round(maybe.score * 100) + " %";
      e.append(make("i", "", maybe.source.replace(/^model:/, "") + score));
    }
    return e;
  };

  const words = (p) => {
    const value = chosen(p), maybe = suggestion(p);
    return "Picture " + (place.get(p.sha256) + 1) + " of " + pictures.length +
      (p.title ? ": " + p.title : "") + ". " + (value !== null ? "Label " + value + "."
        : maybe ? "Suggested " + maybe.value + "." : "No label.");
  };

  const card = (p) => {
    const e = make("div", "card"), well = make("div", "well"), text = make("div", "text");
    const img = make("img");
    e.id = "p" + place.get(p.sha256);
    e.setAttribute("role", "option");
    e.tabIndex = -1;
    img.alt = "";
    img.loading = "lazy";
    img.decoding = "async";
    img.draggable = false;
    img.onerror = () => img.replaceWith(make("span", "broken", "The picture cannot be shown."));
    img.src = "pictures/" + p.file;
    if (/^#[0-9a-f]{6}$/.test(p.color ?? ""))
      well.style.background = "color-mix(in srgb, " + p.color + " 22%, var(--well))";
    well.append(img, make("span", "number", place.get(p.sha256) + 1));
    const line = make("div", "meta");
    line.append(make("span", "", meta(p)), make("span", "price", price(p) ?? ""));
    text.append(make("div", "title", p.title ?? "Untitled"), line, make("div", "chips"));
    e.append(well, text);
    e.onclick = () => focus(shown.indexOf(p));
    e.ondblclick = () => zoom(true);
    return e;
  };
  const cards = new Map(pictures.map((p) => [p.sha256, card(p)]));

  const refresh = (p) => {
    const e = cards.get(p.sha256);
    e.querySelector(".chips").replaceChildren(chip(p));
    e.setAttribute("aria-label", words(p));
  };

  const drawGrid = () => {
    shown = pictures.filter(passes);
    $("grid").replaceChildren(...shown.map((p) => cards.get(p.sha256)));
    $("none").hidden = shown.length > 0;
    current = Math.max(0, Math.min(current, shown.length - 1));
  };

  const drawHead = () => {
    const n = new Map(values.map((v) => [v, 0]));
    for (const p of pictures) {
      const v = chosen(p);
      if (v !== null) n.set(v, (n.get(v) ?? 0) + 1);
    }
    const done = [...n.values()].reduce((a, b) => a + b, 0);
    $("count").textContent = done + " of " + pictures.length + " labelled";
    $("progress").setAttribute("aria-valuemax", pictures.length);
    $("progress").setAttribute("aria-valuenow", done);
    $("progress").replaceChildren(...[...n].filter(([, c]) => c > 0).map(([v, c]) => {
      const e = make("span");
      e.style.flex = c + " 0 0";
      e.style.setProperty("--hue", hue(v));
      e.title = v + ": " + c;
      return e;
    }));
    const rest = make("span");
    rest.style.flex = pictures.length - done + " 0 0";
    rest.style.background = "none";
    $("progress").append(rest);

    const typed = $("new")?.value ?? "";
    $("values").replaceChildren(...values.map((v, i) => {
      const e = make("button", "value");
      e.type = "button";
      e.style.setProperty("--hue", hue(v));
      if (keys[i]) {
        e.append(make("kbd", "", keys[i]));
        e.setAttribute("aria-keyshortcuts", keys[i]);
      }
      e.append(make("span", "", v), make("span", "n", n.get(v)));
      e.setAttribute("aria-pressed", shown[current] ? chosen(shown[current]) === v : false);
      e.onclick = () => give(v);
      return e;
    }));
    const field = make("input");
    field.type = "text";
    field.id = "new";
    field.maxLength = 200;
    field.placeholder = "New label …";
    field.setAttribute("aria-label", "A new label");
    field.value = typed;
    field.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Escape") focus(current);
      if (event.key !== "Enter" || field.value.trim() === "") return;
      const value = field.value.trim();
      field.value = "";
      add(value);
      give(value);
    };
    $("values").append(field);

    const options = [...Object.entries(filters).map(([k, [name]]) => [k, name]),
      ...[...n.keys()].map((v) => ["=" + v, v])];
    $("filter").replaceChildren(...options.map(([k, name]) => {
      const e = make("option", "", name);
      e.value = k;
      return e;
    }));
    $("filter").value = state.filter;
    $("undo").disabled = state.undo.length === 0;
  };

  const drawZoom = () => {
    const p = shown[current];
    if (!$("zoom").open) return;
    if (!p) return void $("zoom").close();
    $("large").src = "pictures/" + p.file;
    $("large").alt = words(p);
    $("large-title").textContent = p.title ?? "Untitled";
    $("large-meta").textContent = [meta(p), price(p), p.width + " × " + p.height].filter(Boolean).join(" · ");
    $("large-chip").replaceChildren(chip(p));
  };

  const toast = (text) => {
    $("toast").textContent = text;
    $("toast").classList.add("on");
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => $("toast").classList.remove("on"), 2600);
  };

  // -- doing ------------------------------------------------------------------

  const focus = (i) => {
    cards.get(shown[current]?.sha256)?.setAttribute("aria-selected", "false");
    for (const e of $("grid").querySelectorAll('[tabindex="0"]')) e.tabIndex = -1;
    current = Math.max(0, Math.min(i, shown.length - 1));
    const e = cards.get(shown[current]?.sha256);
    if (e) {
      e.tabIndex = 0;
      e.setAttribute("aria-selected", "true");
      if (!$("zoom").open) e.focus();
      e.scrollIntoView({ block: "nearest" });
    }
    drawHead();
    drawZoom();
  };

  const add = (value) => {
    if (values.includes(value)) return;
    values.push(value);
    state.added.push(value);
  };

  const set = (sha256, choice) => {
    if (choice) state.choices[sha256] = choice;
    else delete state.choices[sha256];
  };

  // A label that is in nobody's file yet is simply forgotten; another is taken back.
  const give = (value) => {
    const p = shown[current];
    if (!p) return;
    const was = state.choices[p.sha256] ?? null;
    const told = p.sha256 in state.saved || before(p) !== null;
    state.undo.push([p.sha256, was]);
    set(p.sha256, value === null && !told ? null : { value, at: new Date().toISOString() });
    keep();
    refresh(p);
    const stays = passes(p);
    if (!stays) drawGrid();
    focus(value !== null && stays ? current + 1 : current);
  };

  const undo = () => {
    const last = state.undo.pop();
    if (!last) return void toast("There is nothing to undo");
    const p = pictures[place.get(last[0])];
    set(last[0], last[1]);
    keep();
    if (!p) return;
    refresh(p);
    if (!shown.includes(p) || !passes(p)) drawGrid();
    const i = shown.indexOf(p);
    focus(i < 0 ? current : i);
  };

  const filter = (name) => {
    const p = shown[current];
    state.filter = name;
    keep();
    drawGrid();
    focus(Math.max(0, shown.indexOf(p)));
  };

  const save = () => {
    const lines = pictures.filter((p) => p.sha256 in state.choices).map((p) => {
      const c = state.choices[p.sha256];
      const label = { sha256: p.sha256, source: "human", name: data.name, value: c.value, at: c.at };
      if (data.by) label.by = data.by;
      return JSON.stringify(label) + "\n";
    });
    if (lines.length === 0) return void toast("No label was given yet");
    const a = make("a");
    const stamp = new Date().toISOString().replace(/[-:]|\..*/g, "");
    a.href = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
    a.download = "labels-" + data.name.replace(/[^\w.-]+/g, "-") + "-" + stamp + ".ndjson";
    document.body.append(a);
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(a.href), 60000);
    for (const sha256 of Object.keys(state.choices)) state.saved[sha256] = true;
    keep();
    toast(lines.length === 1 ? "1 label saved" : lines.length + " labels saved");
  };

  const zoom = (open) => {
    if (open && shown[current]) {
      $("zoom").showModal();
      drawZoom();
    } else if (!open && $("zoom").open) {
      $("zoom").close();
    }
  };

  const columns = () => getComputedStyle($("grid")).gridTemplateColumns.split(" ").length;

  const moves = {
    ArrowLeft: () => current - 1, ArrowRight: () => current + 1,
    ArrowUp: () => current < columns() ? current : current - columns(),
    ArrowDown: () => current + columns() < shown.length ? current + columns() : current,
    Home: () => 0, End: () => shown.length - 1,
    PageUp: () => current - 4 * columns(), PageDown: () => current + 4 * columns(),
  };

  const press = (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const on = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
    if ($("keys").open) return false;
    if (on.matches("input, select")) return false;
    if (on.matches("button") && (key === "Enter" || key === " ")) return false;
    if (key in moves) focus(moves[key]());
    else if (key === " ") zoom(!$("zoom").open);
    else if (key === "Enter" && shown[current] && suggestion(shown[current])) {
      add(suggestion(shown[current]).value);
      give(suggestion(shown[current]).value);
    } else if (key === "Backspace" || key === "Delete") give(null);
    else if (key === "u") undo();
    else if (key === "s") save();
    else if (key === "f") filter(state.filter === "open" ? "all" : "open");
    else if (key === "?" || key === "h") $("keys").showModal();
    else if (key === "n" && !$("zoom").open) $("new").focus();
    else if (keys.includes(key) && values[keys.indexOf(key)] !== undefined) give(values[keys.indexOf(key)]);
    else return false;
    return true;
  };

  const theme = (name) => {
    document.documentElement.dataset.theme = name;
    $("theme").textContent = name === "dark" ? "Light" : "Dark";
    try { localStorage.setItem("vpipe-label-theme", name); } catch { /* not kept */ }
  };
  const size = (px) => {
    document.documentElement.style.setProperty("--thumb", px + "px");
    $("size").value = px;
    try { localStorage.setItem("vpipe-label-size", px); } catch { /* not kept */ }
  };
  const kept = (key) => {
    try { return localStorage.getItem(key); } catch { return null; }
  };

  document.addEventListener("keydown", (event) => {
    if (press(event)) event.preventDefault();
  });
  addEventListener("beforeunload", (event) => {
    if (!keeps && Object.keys(state.choices).length > 0) event.preventDefault();
  });
  $("filter").onchange = (event) => filter(event.target.value);
  $("size").oninput = (event) => size(event.target.value);
  $("theme").onclick = () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  $("undo").onclick = undo;
  $("help").onclick = () => $("keys").showModal();
  $("save").onclick = save;
  $("large-close").onclick = () => zoom(false);
  $("zoom").onclose = () => focus(current);
  $("keys").onclose = () => focus(current);

  document.title = data.name + " · contact sheet";
  document.querySelector("h1").textContent = data.name;
  theme(kept("vpipe-label-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
  size(kept("vpipe-label-size") ?? 200);
  for (const p of pictures)
    for (const l of p.labels ?? [])
      if (l.source === "human") add(l.value);
  state.added = state.added.filter((v) => !data.values.includes(v));
  pictures.forEach(refresh);
  drawGrid();
  focus(Math.max(0, shown.findIndex((p) => chosen(p) === null)));
  warn();
})();
