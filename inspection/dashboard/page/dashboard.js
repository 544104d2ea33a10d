"use strict";
const place = (id) => document.getElementById(id);
const SVG = new Set(["svg", "g", "rect", "text", "line", "path"]);

// What comes from the processes is hostile: it becomes text and attributes here, never markup.
function el(tag, attributes = {}, ...children) {
  const node = SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) node.setAttribute(name, value);
  node.append(...children.filter((child) => child != null));
  return node;
}
const link = (href, text) => el("a", { href, "data-key": href }, text);
const logsOf = (filter, text) => link(`/logs?${new URLSearchParams(filter)}`, text);
const traceOf = (trace, text) => link(`/traces/${encodeURIComponent(trace)}`, text);

// Replaces what a place shows, but not what the reader has the focus in, has opened or is just selecting.
function show(id, nodes) {
  const target = place(id), selection = getSelection();
  if (!selection.isCollapsed && target.contains(selection.anchorNode)) return;
  const key = target.contains(document.activeElement) && document.activeElement.dataset.key;
  const open = new Set([...target.querySelectorAll("details[open]")].map((one) => one.dataset.key));
  target.replaceChildren(...nodes);
  for (const one of target.querySelectorAll("details")) one.open = open.has(one.dataset.key);
  if (key) target.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}
function row(body, ...cells) {
  const heads = place(body).parentElement.tHead.rows[0].cells;
  return el("tr", {}, ...cells.map((cell, index) => el("td", { class: heads[index].className,
    "data-head": index && cell !== "" ? heads[index].textContent.trim() : null }, cell)));
}
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
const number = (value) => (value == null ? "–" : Number.isInteger(value) ? `${value}` : value.toFixed(1));
const bad = (value) => (value ? el("strong", { class: "bad" }, number(value)) : number(value));
const clock = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleTimeString("en-GB") : "");
function span(seconds) {
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"]];
  const [size, unit] = units.find(([size]) => seconds >= size) || [1e-6, "µs"];
  return `${(seconds / size).toFixed(seconds < 60 && seconds / size < 10 ? 1 : 0)} ${unit}`;
}

function showProcesses(found) {
  const all = found.processes.filter((one) => !one.step || one.state !== "done");
  const well = all.filter((one) => one.state === "running").length;
  show("total", [`${well} of ${all.length} run · ${megabytes(found.memory)} · ${found.cores.toFixed(2)} of a core · `,
    `broker: ${found.broker} · `, el("a", { href: found.url }, `the ${found.system}`)]);
  place("problem").textContent = found.problem;
  show("processes", all.map((one) => row("processes", logsOf({ process: one.name }, one.name),
    el("span", {}, el("strong", { class: one.state }, one.state), one.detail ? ` ${one.detail}` : "",
      one.last_restart ? el("div", { class: "dim" }, `last restarted because: ${one.last_restart}`) : null),
    one.pid ? megabytes(one.memory) : "", one.pid ? `${Math.round(one.cores * 100)} %` : "",
    one.restarts ? bad(one.restarts) : "", one.since ? span(Math.max(1, found.now - one.since)) : "",
    one.heartbeat_age == null ? "" : span(one.heartbeat_age),
    one.address.startsWith("http") ? link(one.address, one.address) : one.address)));
}

let after = null;
function entry(one) {
  const [first, ...rest] = one.text.split("\n");
  const text = el("div", {}, first, one.trace ? " " : null, one.trace ? traceOf(one.trace, "trace") : null);
  if (rest.length) text.append(el("details", {}, el("summary", {}, `${rest.length} more lines`), rest.join("\n")));
  return el("li", { class: one.level }, el("time", {}, clock(one.time)), logsOf({ process: one.process }, one.process),
    el("span", { class: "level" }, one.level), text);
}
function showLogs(found) {
  const list = place("entries"), isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  if (after === null) list.replaceChildren();
  if (after === null && !found.entries.length) list.append(el("li", { class: "dim none" }, "Nothing matches."));
  if (found.entries.length) list.querySelector(".none")?.remove();
  list.append(...found.entries.map(entry));
  while (list.children.length > 2000) list.firstChild.remove();
  if (after === null || isAtEnd) list.scrollTop = list.scrollHeight;
  after = JSON.stringify(found.after);
  place("names").replaceChildren(...found.processes.map((value) => el("option", { value })));
}

const services = [];
const hue = (service, name = service.split(".")[0]) =>
  `s${(services.includes(name) ? services.indexOf(name) : services.push(name) - 1) % 8}`;
const dot = (service) => el("span", { class: `dot ${hue(service)}` });
function showTraces(found) {
  show("traces", found.map((one) => row("traces", el("span", {}, dot(one.root[1]), traceOf(one.trace, one.root[0] || "(no name)"),
    el("span", { class: "dim" }, ` ${one.root[1]}`)), clock(one.start / 1e9), span((one.stop - one.start) / 1e9),
    one.spans, bad(one.errors), [...new Set(one.services.map((name) => name.split(".")[0]))].sort().join(", "))));
  if (!found.length) show("traces", [row("traces", "No trace yet, or none that matches.")]);
}

function tree(spans) {
  const known = new Set(spans.map((one) => one.span)), below = {}, line = [];
  for (const one of spans) (below[known.has(one.parent) && one.parent !== one.span ? one.parent : ""] ||= []).push(one);
  const waiting = [...(below[""] || [])].reverse().map((one) => [one, 0]);
  for (let next; (next = waiting.pop()); line.push(next)) {
    waiting.push(...(below[next[0].span] || []).reverse().map((one) => [one, next[1] + 1]));
    delete below[next[0].span];
  }
  return line;
}
const pairs = (values) => el("dl", {}, ...Object.entries(values).flatMap(([name, value]) =>
  [el("dt", {}, name), el("dd", {}, value)]));
function waterfallRow(one, depth, start, length) {
  const bar = el("span", { class: `bar ${hue(one.service)}${one.is_error ? " bad" : ""}` });
  bar.style.left = `${((one.start - start) / length) * 99}%`;
  bar.style.width = `${((one.stop - one.start) / length) * 99}%`;
  const name = el("span", { class: "name", title: one.name }, dot(one.service),
    one.is_error ? el("strong", { class: "bad" }, "error ") : null, one.name || "(no name)", el("span", { class: "dim" }, ` ${one.service}`));
  name.style.paddingLeft = `${Math.min(depth, 12) * 0.8}rem`;
  return el("details", { class: "span", "data-key": one.span },
    el("summary", { "data-key": `s${one.span}` }, name, el("span", { class: "track" }, bar),
      el("span", { class: "n" }, span((one.stop - one.start) / 1e9))),
    el("div", { class: "inside" }, one.message ? el("p", { class: "bad" }, one.message) : null,
      pairs({ kind: one.kind, started: `${span((one.start - start) / 1e9)} after the trace`, ...one.attributes }),
      ...one.events.flatMap((event) => [el("h2", {}, `${event.name} after ${span((event.at - one.start) / 1e9)}`),
        pairs(event.attributes)]),
      ...one.links.flatMap((other) => [el("h2", {}, "Link to ", traceOf(other.trace, `trace ${other.trace}`)),
        pairs(other.attributes)]),
      el("h2", {}, "Resource"), pairs(one.resource)));
}
function showTrace(spans) {
  if (!spans.length) return show("trace-about", ["There is no such trace: it may be too old, or not have arrived yet."]);
  const line = tree(spans), start = Math.min(...spans.map((one) => one.start));
  const length = Math.max(1, Math.max(...spans.map((one) => one.stop)) - start), trace = traceId();
  place("trace-name").textContent = line[0]?.[0].name || "Trace";
  show("trace-about", [`${clock(start / 1e9)} · ${span(length / 1e9)} · ${spans.length} spans · ${trace} · `,
    logsOf({ trace }, "its logs")]);
  show("waterfall", line.map(([one, depth]) => waterfallRow(one, depth, start, length)));
}

// Services side by side, and an arrow in a row of its own for each stream on its way to a subscriber.
function graph({ services, edges }) {
  const width = Math.max(320, place("graph").clientWidth), step = width / services.length, height = 74 + edges.length * 38;
  const at = (name) => (services.findIndex((one) => one.name === name) + 0.5) * step, box = Math.min(step - 6, 170);
  const nodes = services.map((one) => el("g", {}, el("line", { class: "life", x1: at(one.name), x2: at(one.name), y1: 50, y2: height }),
    el("rect", { class: one.events_dead_letters ? "bad" : "", x: at(one.name) - box / 2, y: 2, width: box, height: 46, rx: 5 }),
    el("text", { x: at(one.name), y: 20 }, one.name), el("text", { x: at(one.name), y: 39, class: one.events_dead_letters ? "bad" : "" },
      one.events_dead_letters ? `${one.events_dead_letters} dead` : one.events_parked ? `${one.events_parked} parked` : one.answers ? "well" : "")));
  const arrows = edges.filter((one) => one.publisher).map((one, index) => {
    const from = at(one.publisher), to = at(one.subscriber), y = 92 + index * 38, tip = to - Math.sign(to - from) * 9;
    const label = `${one.stream} ${one.halted ? "halted" : one.rate == null ? "" : `${number(one.rate)}/s`}${
      one.lag ? ` · ${one.lag} behind` : ""}`, half = label.length * 3.6;
    const middle = Math.min(Math.max((from + to) / 2, half), width - half);
    return el("g", { class: one.halted ? "halted" : one.lag ? "lags" : one.lag == null ? "unknown" : "" }, el("line", { class: "edge", x1: from, x2: tip, y1: y, y2: y }),
      el("path", { class: "edge", d: `M${to} ${y}L${tip} ${y - 5}V${y + 5}Z` }), el("text", { x: middle, y: y - 9 }, label));
  });
  return el("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Which service's events go where; the table has the same" },
    ...nodes, ...arrows);
}
function showFlow(found) {
  const by = Object.fromEntries(found.services.map((one) => [one.name, one]));
  place("flow-about").textContent = found.services.some((one) => one.answers) ? "" : "No process serves metrics: no numbers.";
  show("graph", [graph(found)]);
  show("edges", found.edges.map((one) => row("edges", one.stream, one.publisher, one.subscriber,
    number(by[one.publisher]?.published[one.stream]), number(one.rate), number(one.lag),
    one.halted ? el("strong", { class: "bad" }, "halted") : one.lag == null ? "" : one.lag ? "behind" : "up to date")));
  show("services", found.services.map((one) => row("services", logsOf({ process: one.name }, one.name), number(one.events_unpublished),
    number(one.events_parked), bad(one.events_dead_letters), number(one.commands_waiting), one.answers ? "answers" : "no answer")));
}

const traceId = () => decodeURIComponent(location.pathname.slice("/traces/".length));
const fields = (id) => new URLSearchParams([...new FormData(place(id))].filter(([, value]) => value));
const VIEWS = {
  "/": [() => "/api/processes", showProcesses], "/flow": [() => "/api/flow", showFlow],
  "/logs": [() => `/api/logs?${fields("log-form")}${after ? `&after=${encodeURIComponent(after)}` : ""}`, showLogs, "log-form"],
  "/traces": [() => `/api/traces?${fields("trace-form")}`, showTraces, "trace-form"],
  "/traces/": [() => `/api/trace?id=${encodeURIComponent(traceId())}`, showTrace],
};
const view = location.pathname.startsWith("/traces/") ? "/traces/" : location.pathname;
const [address, present, form] = VIEWS[view];
let last = "", turn = 0;

async function look() {
  const mine = ++turn, url = address();
  try {
    const answer = await fetch(url), text = await answer.text();
    if (!answer.ok) throw new Error(text);
    if (mine !== turn) return;
    place("problem").textContent = "";
    if (text !== last || view === "/logs") present(JSON.parse(text));
    last = text;
  } catch {
    place("problem").textContent = "The dashboard doesn't answer.";
  }
}
function changed() {
  after = null;
  history.replaceState(null, "", `${location.pathname}?${fields(form)}`);
  look();
}

const section = document.querySelector(`[data-view="${view}"]`);
section.hidden = false;
document.querySelector(`nav a[href="${view.replace(/(.)\/$/, "$1")}"]`).setAttribute("aria-current", "page");
document.title = `${section.querySelector("h1").textContent} · Dashboard`;
if (form) {
  const { elements } = place(form), asked = new URLSearchParams(location.search);
  for (const one of elements) if (asked.has(one.name)) one.value = asked.get(one.name);
  place(form).oninput = (event) => event.target.id !== "follow" && changed();
  place(form).onsubmit = (event) => (event.preventDefault(), changed());
}
addEventListener("resize", () => (last = ""));
setInterval(() => document.hidden || (view === "/logs" && !place("follow").checked) || look(), 2000);
look();
