// The status page: asks the service every second and draws what it says. Texts from the service are only ever set as
// text, never as markup. No library, nothing from elsewhere.
"use strict";

const $ = (id) => document.getElementById(id);
const el = (tag, cls, text) => {
  const x = document.createElement(tag);
  if (cls) x.className = cls;
  if (text !== undefined) x.textContent = text;
  return x;
};
const svg = (tag, attributes) => {
  const x = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [k, v] of Object.entries(attributes || {})) x.setAttribute(k, v);
  return x;
};

// -- numbers for people ----------------------------------------------------------------------------------------------
const count = (x) => x >= 1e6 ? (x / 1e6).toFixed(1) + " M" : x >= 1e4 ? (x / 1e3).toFixed(1) + " k"
  : x >= 100 || x === Math.round(x) ? String(Math.round(x)) : x.toFixed(x < 1 ? 2 : 1);
const time = (s) => s === null || s === undefined ? "–" : s === 0 ? "0" : s < 0.001 ? Math.round(s * 1e6) + " µs"
  : s < 0.01 ? (s * 1e3).toFixed(1) + " ms" : s < 1 ? Math.round(s * 1e3) + " ms"
    : s < 60 ? s.toFixed(s < 10 ? 1 : 0) + " s" : s < 3600 ? Math.floor(s / 60) + " min"
      : s < 172800 ? Math.floor(s / 3600) + " h" : Math.floor(s / 86400) + " d";
const bytes = (x) => x === null || x === undefined ? "–" : x < 1024 ? x + " B"
  : x < 1048576 ? (x / 1024).toFixed(0) + " KiB" : x < 1073741824 ? (x / 1048576).toFixed(1) + " MiB"
    : (x / 1073741824).toFixed(1) + " GiB";
const clock = (iso) => new Date(iso).toLocaleTimeString([], { hour12: false });

// -- state -----------------------------------------------------------------------------------------------------------
const keep = 600; // Seconds that are kept; the charts show as many as there are, and a minute at least.
const shown = () => Math.max(60, history.time.length);
let history = null;
let events = [];
let lastSerial = 0;
let started = null; // The service's pid and its beginning: others mean another service.
let rounds = 0;
let lastAnswer = 0;
const cards = new Map();

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(4000) });
  if (!answer.ok) throw new Error("answered " + answer.status);
  return answer.json();
}

function merge(fresh) {
  if (!history || history.pools.length !== fresh.pools.length) {
    history = fresh;
    return;
  }
  const last = history.time[history.time.length - 1] || "";
  const from = fresh.time.findIndex((t) => t > last);
  if (from < 0) return;
  const append = (to, what) => {
    for (const key of Object.keys(what)) {
      if (!Array.isArray(what[key]) || key === "pools") continue;
      to[key] = to[key].concat(what[key].slice(from)).slice(-keep);
    }
  };
  append(history, fresh);
  fresh.pools.forEach((p, i) => append(history.pools[i], p));
}

// -- the verdict: what one must know in ten seconds ------------------------------------------------------------------
function showVerdict(s) {
  const writer = s.pools.find((p) => p.serves.writes);
  const readers = s.pools.filter((p) => p.serves.reads);
  const ill = s.pools.filter((p) => p.health && !["healthy", "unknown"].includes(p.health.state));
  const full = s.pools.filter((p) => p.figures && p.figures.overloaded);
  let level = "ok";
  let title = "All is well";
  const parts = [];
  if (writer) {
    const t = writer.server && writer.server.timeline;
    parts.push("writes go to " + writer.name + (t ? " on timeline " + t : ""));
  }
  parts.push(readers.length === 0 ? "no pool serves reads"
    : "reads to " + (readers.length === 1 ? readers[0].name : readers.length + " pools"));
  if (!s.serves.writes && !s.serves.reads) {
    level = "bad";
    title = "No pool serves anything";
  } else if (!s.serves.writes) {
    level = "bad";
    title = "No pool takes writes";
  } else if (ill.length > 0) {
    level = "warn";
    title = ill.map((p) => p.name + " is " + p.health.state).join(", ");
  } else if (full.length > 0) {
    level = "warn";
    title = full.map((p) => p.name).join(", ") + (full.length === 1 ? " is" : " are") + " overloaded";
  }
  for (const p of ill.slice(0, 2)) parts.push(p.name + ": " + p.health.reason);
  $("verdict").className = "verdict " + level;
  $("verdict-title").textContent = title;
  $("verdict-text").textContent = parts.join("; ").replace(/^./, (c) => c.toUpperCase()) + ".";
  const say = (id, yes, text) => {
    $(id).textContent = text;
    $(id).className = yes ? "yes" : "no";
  };
  say("serves-writes", s.serves.writes, writer ? writer.name : "nobody");
  say("serves-reads", s.serves.reads, readers.length + " of " + s.pools.length);
  $("uptime").textContent = time(s.uptime_seconds);
  $("version").textContent = s.version;
  document.title = (level === "ok" ? "" : level === "bad" ? "✕ " : "! ") + "Tripool";
}

function showTiles(s) {
  const n = history ? history.time.length - 1 : -1;
  const now = (f) => n < 0 ? 0 : history.pools.reduce((sum, p) => sum + (f(p)[n] || 0), 0);
  $("t-rate").textContent = n < 0 ? "–"
    : count(history.done[n] + history.rejected[n] + history.not_executed[n] + history.in_doubt[n]);
  const busiest = s.pools.filter((p) => p.figures).sort((a, b) =>
    b.figures.service_seconds.count - a.figures.service_seconds.count)[0];
  const f = busiest && busiest.figures.service_seconds;
  $("t-p50").textContent = f && f.count ? time(f.p50) : "–";
  $("t-p99").textContent = f && f.count ? time(f.p99) : "–";
  const waiting = now((p) => p.queued) + s.monitor.parked;
  $("t-queue").textContent = count(waiting);
  const a = s.delegate.answers;
  $("t-not").textContent = count(a.not_executed);
  $("t-not").className = n >= 0 && history.not_executed[n] > 0 ? "notice" : "";
  $("t-doubt").textContent = count(a.in_doubt);
  $("t-doubt").className = a.in_doubt > 0 ? "alert" : "";
}

// -- pools -----------------------------------------------------------------------------------------------------------
function makeCard(name, i) {
  const card = el("article", "pool");
  card.dataset.pool = name;
  const head = el("header");
  const title = el("h2", "c" + Math.min(i, 3));
  title.append(el("span", "", name));
  const x = {
    card, title, role: el("span", "chip"), health: el("span", "chip push"),
    writer: el("span", "chip writer", "takes writes"),
    reason: el("p", "reason"), cells: el("div", "cells"), cellText: el("p", "quiet"), figures: el("dl", "figures"),
    more: el("details"), table: el("div", "scroll"),
  };
  head.append(title, x.role, x.writer, x.health);
  x.summary = el("summary");
  x.more.append(x.summary, x.table);
  card.append(head, x.reason, x.cells, x.cellText, x.figures, x.more);
  $("pools").append(card);
  return x;
}

function figure(name, value, alert) {
  const d = el("div");
  d.append(el("dt", "", name), el("dd", alert ? "alert" : "", value));
  return d;
}

function showPool(p, i) {
  if (!cards.has(p.name)) cards.set(p.name, makeCard(p.name, i));
  const x = cards.get(p.name);
  const state = p.health ? p.health.state : "unknown";
  const f = p.figures;
  const server = p.server;
  x.card.className = "pool " + state;
  x.health.className = "chip push " + state;
  x.health.textContent = state + (p.health ? " · " + time(p.health.since_seconds) : "");
  x.role.textContent = server ? server.role + (server.ghost ? ", a ghost" : "") : "unknown";
  x.role.className = "chip" + (server && server.ghost ? " bad" : "");
  x.writer.hidden = !p.serves.writes;
  x.reason.textContent = p.reason + (f && f.last_dial_error && f.last_dial_error.age_seconds < 60
    ? " · last dial: " + f.last_dial_error.message : "");
  if (!f) {
    x.cells.replaceChildren();
    x.cellText.textContent = "The pool's actor does not answer.";
    x.figures.replaceChildren();
    x.more.hidden = true;
    return;
  }
  const c = f.connections;
  const cells = [];
  for (const kind of ["busy", "lent", "idle", "dialling", "retiring", "closing"])
    for (let k = 0; k < c[kind] && cells.length < 100; ++k)
      cells.push(el("span", "cell " + (kind === "retiring" ? "closing" : kind)));
  while (cells.length < Math.min(f.limits.connections_max, 100)) cells.push(el("span", "cell"));
  x.cells.replaceChildren(...cells);
  x.cells.title = "Connections";
  x.cellText.textContent = c.open + " of " + f.limits.connections_max + " connections: " + c.busy + " busy, " + c.idle
    + " idle" + (c.lent ? ", " + c.lent + " lent" : "") + (c.dialling ? ", " + c.dialling + " dialling" : "");
  const lag = server && (server.lag_bytes !== null ? bytes(server.lag_bytes) : time(server.replay_lag_seconds));
  x.figures.replaceChildren(
    figure("in hand", count(f.outstanding)),
    figure("queue", f.queued + " / " + f.limits.queue_max, f.queued > f.limits.queue_max / 2),
    figure("answered", count(f.answered.done + f.answered.rejected)),
    figure("median", f.service_seconds.count ? time(f.service_seconds.p50) : "–"),
    figure("99 %", f.service_seconds.count ? time(f.service_seconds.p99) : "–"),
    figure("wait 99 %", f.wait_seconds.count ? time(f.wait_seconds.p99) : "–"),
    figure("timeline", server && server.timeline !== null ? String(server.timeline) : "–"),
    figure("lag", server && server.role === "standby" ? lag : "–"),
    figure("heard of", p.health && p.health.heartbeat_age_seconds !== null
      ? time(p.health.heartbeat_age_seconds) + " ago" : "–"));
  x.more.hidden = p.sessions.length === 0;
  x.summary.textContent = p.sessions.length + (p.sessions.length === 1 ? " connection" : " connections");
  if (x.more.open) x.table.replaceChildren(sessionTable(p.sessions));
}

function sessionTable(sessions) {
  const t = el("table");
  const head = el("tr");
  for (const h of ["id", "server process", "state", "age", "in hand", "prepared", "sent", "received", "runs"])
    head.append(el("th", "", h));
  t.append(head);
  for (const s of sessions) {
    const row = el("tr");
    const runs = s.lent ? "lent to " + s.lent.to + " as a " + s.lent.as + " for " + time(s.lent.seconds)
      : s.statement ? (s.statement_name ? s.statement_name + ": " : "") + s.statement : "";
    for (const v of [s.id, s.backend_pid, s.state, time(s.age_seconds), s.outstanding, s.prepared, bytes(s.bytes_sent),
      bytes(s.bytes_received)]) row.append(el("td", "", String(v)));
    const sql = el("td", "sql", runs);
    sql.title = runs + (s.statement ? "\nfor " + time(s.statement_age_seconds) : "");
    row.append(sql);
    t.append(row);
  }
  return t;
}

// -- history ---------------------------------------------------------------------------------------------------------
function span() {
  const n = history.time.length;
  return n < 2 ? "" : time((new Date(history.time[n - 1]) - new Date(history.time[0])) / 1000);
}

function showStrips() {
  const box = $("strips");
  const n = history.time.length;
  const out = [];
  history.pools.forEach((p, i) => {
    const s = svg("svg", { viewBox: "0 0 " + shown() + " 20", preserveAspectRatio: "none", role: "img" });
    s.append(svg("title"));
    s.firstChild.textContent = p.name + " over " + span();
    // Runs of equal states, right-aligned: now is at the right edge.
    const rows = [[p.health, 0, 20, (v) => v || "unknown"], [p.writes, 16, 4, (v) => v ? "w" : ""]];
    for (const [column, y, h, cls] of rows) {
      for (let from = 0; from < n;) {
        let to = from + 1;
        while (to < n && column[to] === column[from]) ++to;
        const c = cls(column[from]);
        if (c) s.append(svg("rect", { x: shown() - n + from, y, width: to - from + 0.3, height: h, class: c }));
        from = to;
      }
    }
    out.push(el("b", "c" + Math.min(i, 3), p.name), s);
  });
  box.replaceChildren(...out);
  document.querySelector(".span-label").textContent = "last " + (span() || "seconds");
}

function nice(x) {
  if (!(x > 0)) return 1;
  const p = Math.pow(10, Math.floor(Math.log10(x)));
  return [1, 2, 2.5, 5, 10].map((m) => m * p).find((m) => m >= x);
}

function chart(id, series, format, least) {
  const box = $(id);
  const w = 600, h = 150, n = history.time.length;
  const top = nice(Math.max(...series.map((s) => s.values.reduce((m, v) => Math.max(m, v || 0), 0)), least));
  const s = svg("svg", { viewBox: "0 0 " + w + " 168", preserveAspectRatio: "none", role: "img" });
  s.append(svg("title"));
  s.firstChild.textContent = series.map((x) => x.name + " " + format(x.values[n - 1] || 0)).join(", ");
  for (let k = 0; k <= 4; ++k) s.append(svg("line", { x1: 0, x2: w, y1: h * k / 4, y2: h * k / 4 }));
  const x = (k) => w - (n - 1 - k) * w / (shown() - 1);
  const y = (v) => h - Math.min(v || 0, top) / top * (h - 4);
  for (const one of series) {
    let d = "";
    one.values.forEach((v, k) => { d += (k ? "L" : "M") + x(k).toFixed(1) + " " + y(v).toFixed(1); });
    const below = "L" + w + " " + h + "L" + x(0).toFixed(1) + " " + h + "Z";
    if (n > 1) s.append(svg("path", { class: "area " + one.cls, d: d + below }));
    s.append(svg("path", { class: "line " + one.cls, d }));
  }
  const cursor = svg("line", { class: "cursor", y1: 0, y2: h, visibility: "hidden" });
  s.append(cursor);
  s.addEventListener("pointermove", (e) => {
    const r = s.getBoundingClientRect();
    const at = (e.clientX - r.left) / r.width * w;
    const k = Math.max(0, Math.min(n - 1, Math.round(n - 1 - (w - at) * (shown() - 1) / w)));
    cursor.setAttribute("x1", x(k));
    cursor.setAttribute("x2", x(k));
    cursor.setAttribute("visibility", "visible");
    const tip = $("tip");
    tip.textContent = clock(history.time[k]) + "\n"
      + series.map((o) => o.name + ": " + format(o.values[k] || 0)).join("\n");
    tip.hidden = false;
    tip.style.left = Math.min(e.clientX + 14, window.innerWidth - 180) + "px";
    tip.style.top = e.clientY + 14 + "px";
  });
  s.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    $("tip").hidden = true;
  });
  const keys = el("div", "keys");
  for (const one of series) {
    const k = el("span");
    const mark = svg("svg", { viewBox: "0 0 14 8" });
    mark.append(svg("rect", { width: 14, height: 3, y: 3, rx: 1.5, class: one.cls }));
    k.append(mark, one.name, el("b", "", format(one.values[n - 1] || 0)));
    keys.append(k);
  }
  keys.append(el("span", "push", "0 to " + format(top)));
  box.replaceChildren(s, keys);
}

function showCharts() {
  if (document.querySelector(".chart svg:hover")) return; // Somebody is reading a value.
  const pools = (f) => history.pools.map((p, i) => ({ name: p.name, cls: "k" + Math.min(i, 3), values: f(p) }));
  chart("c-rate", pools((p) => p.answered), count, 1);
  chart("c-latency", pools((p) => p.p99), time, 0.001);
  chart("c-outcomes", [
    { name: "rejected", cls: "kback", values: history.rejected },
    { name: "not executed", cls: "kwarn", values: history.not_executed },
    { name: "in doubt", cls: "kbad", values: history.in_doubt }], count, 1);
  chart("c-queue", pools((p) => p.queued), count, 1);
}

// -- events ----------------------------------------------------------------------------------------------------------
function eventItem(e) {
  const li = el("li", e.severity);
  const at = el("time", "", clock(e.last_time));
  at.dateTime = e.time;
  li.append(at, el("span", "kind", e.kind.replace("_", " ") + (e.count > 1 ? " × " + e.count : "")),
    el("span", "quiet who", (e.pool || e.other || "") + (e.request ? " request " + e.request : "")),
    el("span", "what", (e.sqlstate ? e.sqlstate + " " : "") + e.text));
  return li;
}

function showEvents() {
  const rank = { info: 0, warning: 1, error: 2 };
  const least = { all: 0, warning: 1, error: 2 }[$("filter").value];
  const fill = (id, all, empty) => {
    const items = all.slice(-200).reverse().map(eventItem);
    $(id).replaceChildren(...(items.length ? items : [el("li", "empty", empty)]));
  };
  fill("events", events.filter((e) => rank[e.severity] >= least), "None yet.");
  const turns = ["failover", "fence", "pool_out", "pool_in"];
  fill("failovers", events.filter((e) => turns.includes(e.kind)), "None since the start.");
}

function showOthers(s) {
  const line = (name, value, alert) => {
    const d = el("div");
    d.append(el("span", "", name), el("b", alert ? "alert" : "", value));
    return d;
  };
  const out = s.manager.children.map((c) =>
    line(c.name.replace("_", " "), (c.alive ? "runs" : "is being started")
      + (c.restarts ? ", " + c.restarts + " restarts" : ""), !c.alive));
  for (const c of s.credentials)
    out.push(line("secret of " + c.pool, c.last_error || c.source || "not asked for yet",
      !c.available && c.leases > 0));
  const l = s.listener;
  out.push(line("notifications", l.wanted
    ? l.listening + " of " + l.wanted + " channels, " + count(l.notifications) + " heard" : "nobody listens",
    l.wanted > l.listening));
  out.push(line("moved / parked now", count(s.monitor.moved) + " / " + s.monitor.parked, s.monitor.parked > 0));
  out.push(line("routing table", "generation " + s.monitor.generation));
  out.push(line("doubts settled", s.delegate.doubts_settled + " of "
    + (s.delegate.doubts_settled + s.delegate.doubts)));
  out.push(line("longest turn of the loop", time(s.loop.longest_turn_seconds)));
  $("others").replaceChildren(...out);
}

// -- the round -------------------------------------------------------------------------------------------------------
async function round() {
  try {
    // Repetitions raise the count of an event that is here already: the last ones are fetched anew now and then.
    const again = ++rounds % 10 === 0;
    const [s, h, e, seen] = await Promise.all([
      ask("status"), ask(history ? "history?last=10" : "history"), ask("events?after=" + lastSerial),
      again ? ask("events?limit=200") : null]);
    const service = s.pid + " " + e.began;
    if (started !== null && started !== service) return location.reload();
    started = service;
    merge(h);
    if (e.events.length > 0) events = events.concat(e.events).slice(-1000);
    if (again) {
      const anew = new Map(seen.events.map((x) => [x.serial, x]));
      events = events.map((x) => anew.get(x.serial) || x);
    }
    lastSerial = e.last_serial;
    lastAnswer = Date.now();
    showVerdict(s);
    showTiles(s);
    s.pools.forEach(showPool);
    showStrips();
    showCharts();
    if (again || e.events.length > 0) showEvents();
    showOthers(s);
    $("live").className = "live on";
    $("live").lastChild.textContent = "live";
  } catch (problem) {
    $("live").className = "live off";
    $("live").lastChild.textContent = lastAnswer
      ? "no answer for " + time((Date.now() - lastAnswer) / 1000) : "no answer";
    if (!lastAnswer || Date.now() - lastAnswer > 5000) {
      $("verdict").className = "verdict bad";
      $("verdict-title").textContent = "The service does not answer";
      $("verdict-text").textContent = "What stands below is old. " + problem.message;
    }
  }
  setTimeout(round, document.hidden ? 5000 : 1000);
}

const themes = ["auto", "light", "dark"];
function useTheme(x) {
  if (x === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = x;
  $("theme").textContent = x[0].toUpperCase() + x.slice(1);
  $("theme").setAttribute("aria-label", "Theme: " + (x === "auto" ? "as the system" : x));
}
let theme = "auto";
try {
  theme = themes.includes(localStorage.theme) ? localStorage.theme : "auto";
} catch { /* No storage: as the system. */ }
useTheme(theme);
$("theme").addEventListener("click", () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  useTheme(theme);
  try { localStorage.theme = theme; } catch { /* It lasts as long as the page. */ }
});
$("filter").addEventListener("change", showEvents);
round();
