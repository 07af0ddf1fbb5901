"use strict";
// Charts: plotly draws them; beside each stand how many listings it counts, its table,
// its CSV, and its values by arrow key.

// plotly comes after the page, which can be read without it
vpipe.plotly = () => vpipe.plotting ??= vpipe.script("plotly.js").then(() => window.Plotly);

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const hues = ["--one", "--two", "--three"];
const faint = (hex) => hex + "33";

// plotly reads <b>, <a href> and entities in names; those that others gave are text.
const plain = (value) => typeof value === "string"
  ? value.replaceAll("&", "&amp;").replaceAll("<", "&lt;") : value;

// Traces of one series: a band from low to high first, then its values.
const traces = (series, values, i, write) => {
  const hue = color(hues[i % hues.length]);
  const x = values.map(plain);
  const base = { x, name: series.name, hoverinfo: "text",
    hovertext: series.values.map((v, n) => `${x[n]}<br>${series.name}: ${v === null ? "not known" : write(v)}`) };
  if (series.kind === "bar")
    return [{ ...base, type: "bar", y: series.values, marker: { color: hue } }];
  if (series.kind === "interval")
    return [{ ...base, type: "scatter", mode: "markers", x: series.values, y: x, marker: { color: hue, size: 9 },
      error_x: { type: "data", symmetric: false, color: hue,
        array: series.high.map((h, n) => h - series.values[n]),
        arrayminus: series.low.map((l, n) => series.values[n] - l) } }];
  const band = series.low ? [
    { x, y: series.low, mode: "lines", line: { width: 0, shape: series.shape }, hoverinfo: "skip", showlegend: false },
    { x, y: series.high, mode: "lines", line: { width: 0, shape: series.shape }, hoverinfo: "skip",
      fill: "tonexty", fillcolor: faint(hue), showlegend: false }] : [];
  return [...band, { ...base, type: "scatter", mode: "lines+markers", y: series.values, connectgaps: false,
    line: { color: hue, width: 2, shape: series.shape }, marker: { color: hue, size: 5 } }];
};

// An axis that does not begin at zero spans two units at least: noise is no cliff.
const span = (series) => {
  const known = series.flatMap((s) => s.values).filter((v) => v !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = Math.max((high - low) / 10, 1);
  return [low - room, high + room];
};

const layout = ({ x, y, series }) => {
  const text = color("--text"), line = color("--line");
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true };
  const level = series[0].kind === "interval";
  return { font: { color: text, size: 13, family: "system-ui, 'DejaVu Sans', sans-serif" }, paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 10, r: 10, t: 10, b: 10 }, height: level ? 80 + 26 * x.values.length : 290,
    showlegend: series.length > 1, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, bargap: 0.12,
    hovermode: "closest",
    xaxis: { ...axis, title: { text: level ? y.title : x.title, standoff: 8 }, type: level ? "log" : x.type, fixedrange: true },
    yaxis: { ...axis, title: { text: level ? "" : y.title, standoff: 8 }, rangemode: "tozero", range: y.floating ? span(series) : undefined,
      tickformat: y.type === "share" ? ".0%" : undefined, type: level ? "category" : undefined,
      autorange: level ? "reversed" : !y.floating, fixedrange: true } };
};

// A chart of {title, about, x: {title, type, values}, y: {title, type, unit}, series:
// [{name, values, low, high, kind, shape}], few}.  `few` says why there is none.
vpipe.chart = (chart) => {
  const { element, write } = vpipe;
  const { title, about, x, y, series, few, file } = chart;
  const head = element("h3", {}, title);
  const known = Math.max(0, ...series.map((s) => s.values.filter((v) => v !== null).length));
  // a line of one point is no line
  if (few || known < (series[0].kind ? 1 : 2))
    return element("figure", { "data-state": "few" }, head,
      element("p", { class: "few" }, few || `Too little for a picture: ${known} of ${x.values.length} are known.`),
      element("figcaption", {}, about));
  const told = (v) => write(v, y.type ?? "number", y.unit);
  const plot = element("div", { class: "plot", tabindex: 0, role: "group", "aria-roledescription": "chart",
    "aria-label": `${title}. Arrow keys read its values.` });
  let at = -1;
  plot.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const end = { Home: 0, End: x.values.length - 1 }[event.key];
    if (step === undefined && end === undefined) return;
    event.preventDefault();
    at = Math.max(0, Math.min(x.values.length - 1, end ?? at + step));
    vpipe.say(`${x.values[at]}: ` + series.map((s) => `${s.name} ${s.values[at] === null ? "not known" : told(s.values[at])}`
      + (s.low?.[at] != null ? `, ${told(s.low[at])} to ${told(s.high[at])}` : "")).join(", "));
    vpipe.plotly().then((plotly) => plotly.Fx.hover(plot,
      plot.data.flatMap((trace, n) => trace.hoverinfo === "text" ? [{ curveNumber: n, pointNumber: at }] : [])));
  });
  const columns = [{ name: x.title }, ...series.flatMap((s) => [{ name: s.name, type: y.type ?? "number", unit: y.unit },
    ...(s.low ? [{ name: `${s.name}, low`, type: y.type ?? "number", unit: y.unit },
      { name: `${s.name}, high`, type: y.type ?? "number", unit: y.unit }] : [])])];
  const rows = x.values.map((v, n) => [v, ...series.flatMap((s) => s.low ? [s.values[n], s.low[n], s.high[n]] : [s.values[n]])]);
  const figure = element("figure", { "data-state": "drawing" }, head, plot, element("figcaption", {}, about),
    element("details", {}, element("summary", {}, "Table and CSV"),
      vpipe.table({ caption: title, columns, rows, file: file ?? title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-") })));
  vpipe.plotly().then((plotly) => plotly.newPlot(plot, series.flatMap((s, i) => traces(s, x.values, i, told)),
    layout(chart), { displayModeBar: false, responsive: true }))
    .then(() => { figure.dataset.state = "drawn"; })
    .catch(() => { plot.replaceWith(element("p", { class: "few" }, "The picture cannot be drawn: plotly.js is not in this folder. Its table is below.")); });
  return figure;
};
