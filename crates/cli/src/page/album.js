// Shows the pictures of a dataset's report: filtered, sorted, and only as many at a time as somebody has scrolled to.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const room = at("album"), more = at("more"), count = at("count");
  const CHUNK = 120;
  const views = { published: data.published, thrown: data.thrown, disputed: data.disputed, copies: copies() };
  let shown = [], from = 0, view = "published";

  // Thrown-out copies under the picture that they repeat, the largest groups first.
  function copies() {
    const groups = new Map();
    for (const p of data.thrown) {
      if (!p.o) continue;
      if (!groups.has(p.o)) groups.set(p.o, []);
      groups.get(p.o).push(p);
    }
    const all = [...groups].map(([id, of]) => ({ group: id, n: of[0].n, of }));
    return all.sort((a, b) => b.of.length - a.of.length);
  }

  const byId = new Map();
  for (const p of data.thrown) byId.set(p.i, p);
  for (const p of data.published) byId.set(p.i, p);

  function file(p) {
    if (data.inline && data.inline[p.i]) return data.inline[p.i];
    if (p.s !== undefined) return "images/" + data.splits[p.s] + "/" + data.folders[p.n].split("/").map(encodeURIComponent).join("/") + "/" + p.i + ".jpg";
    return "objects/" + p.i.slice(0, 2) + "/" + p.i + ".jpg";
  }

  function make(tag, className, text) {
    const e = document.createElement(tag);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  }

  const web = (url) => (/^https?:\/\//i.test(url || "") ? url : null);

  function linked(text, url) {
    const href = web(url);
    if (!href) return document.createTextNode(text);
    const a = make("a", "", text);
    a.href = href;
    a.rel = "noreferrer";
    return a;
  }

  function known(p) {
    const dl = make("dl");
    const line = (what, node) => {
      if (node === undefined || node === null || node === "") return;
      dl.append(make("dt", "", what));
      const dd = make("dd");
      dd.dir = "auto";
      dd.append(node);
      dl.append(dd);
    };
    line("name", data.names[p.n]);
    line("title", p.t);
    line("by", p.c);
    line("credit", p.a);
    if (p.s !== undefined) line("licence", linked(p.l === undefined ? "not stated" : data.licences[p.l], p.lu));
    line("page", p.p && linked(p.p, p.p));
    if (p.f) {
      line("original", linked(p.f, p.f));
      if (p.fr) line("not had", p.fr);
      line("copy taken", linked(p.u, p.u));
    } else {
      line("original", linked(p.u, p.u));
    }
    line("why", p.d);
    if (p.q) data.scores.forEach((name, i) => { if (p.q[i] !== null && p.q[i] !== undefined) line(name, String(p.q[i])); });
    line("id", make("code", "", p.i));
    return dl;
  }

  function figure(p, note) {
    const f = make("figure");
    const img = make("img");
    img.loading = "lazy";
    img.width = img.height = 224;
    img.alt = p.t || data.names[p.n];
    img.src = file(p);
    f.append(img);
    const caption = make("figcaption"), details = make("details"), summary = make("summary");
    const split = p.s === undefined ? null : data.splits[p.s];
    summary.append(make("span", "badge " + (split || "out"), split || data.reasons[p.r][0]));
    summary.append(" " + (note !== undefined ? note : split ? (p.l === undefined ? "no licence stated" : data.licences[p.l]) : ""));
    details.append(summary);
    details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) details.append(known(p)); });
    caption.append(details);
    f.append(caption);
    return f;
  }

  function block(x) {
    if (x.group) {
      const row = make("div", "pair");
      const head = byId.get(x.group);
      if (head) row.append(figure(head, "kept"));
      for (const p of x.of.slice(0, 24)) row.append(figure(p, p.k === undefined ? "" : "distance " + p.k));
      if (x.of.length > 24) row.append(make("p", "muted", (x.of.length - 24) + " more"));
      return row;
    }
    if (x.other) {
      const row = make("div", "pair");
      row.append(figure(x.one, data.names[x.one.n]));
      row.append(figure(x.two, data.names[x.two.n]));
      row.append(make("p", "muted", x.what));
      return row;
    }
    return figure(x);
  }

  function wanted(p, name, kind, words) {
    if (name !== "" && p.n !== Number(name) && !(p.other && p.m === Number(name))) return false;
    if (kind !== "") {
      const own = p.s !== undefined ? "s" + p.s : p.r !== undefined ? "r" + p.r : "";
      if (own !== kind) return false;
    }
    if (!words.length) return true;
    const text = [p.i, p.group, p.t, p.c, p.u, p.p, p.d, p.what, data.names[p.n]].join(" ").toLowerCase();
    return words.every((w) => text.includes(w));
  }

  function draw() {
    const end = Math.min(from + CHUNK, shown.length);
    const chunk = make("div", view === "copies" || view === "disputed" ? "pairs" : "shots");
    for (; from < end; from++) chunk.append(block(shown[from]));
    if (chunk.children.length) room.append(chunk);
    more.hidden = from >= shown.length;
    more.textContent = "show more (" + (shown.length - from) + " left)";
  }

  function refresh() {
    const words = at("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const name = at("name").value, kind = at("kind").value, sort = at("sort").value;
    shown = views[view].filter((p) => wanted(p, name, kind, words));
    if (sort !== "" && (view === "published" || view === "thrown")) {
      const i = Number(sort.slice(1)), sign = sort[0] === "-" ? -1 : 1;
      const value = (p) => (p.q && p.q[i] !== null && p.q[i] !== undefined ? p.q[i] : Infinity * sign);
      shown = shown.slice().sort((a, b) => sign * (value(a) - value(b)));
    }
    room.replaceChildren();
    from = 0;
    const what = view === "copies" ? "groups" : view === "disputed" ? "pairs" : "pictures";
    count.textContent = shown.length + " " + what;
    draw();
  }

  function kinds() {
    const select = at("kind");
    select.replaceChildren(new Option("all", ""));
    if (view === "published") data.splits.forEach((s, i) => select.add(new Option(s, "s" + i)));
    if (view === "thrown") {
      const there = new Set(data.thrown.map((p) => p.r));
      data.reasons.forEach((r, i) => { if (there.has(i)) select.add(new Option(r[0], "r" + i)); });
    }
    select.disabled = select.options.length === 1;
    at("sort").disabled = view === "copies" || view === "disputed" || !data.scores.length;
  }

  function choose(to) {
    view = to;
    for (const tab of document.querySelectorAll("[data-view]")) tab.setAttribute("aria-pressed", String(tab.dataset.view === to));
    kinds();
    refresh();
  }

  at("name").append(new Option("all names", ""), ...data.names.map((n, i) => new Option(n, i)));
  at("sort").append(new Option("in order", ""));
  data.scores.forEach((s, i) => at("sort").append(new Option(s + ", least first", "+" + i), new Option(s + ", most first", "-" + i)));
  for (const tab of document.querySelectorAll("[data-view]")) tab.addEventListener("click", () => choose(tab.dataset.view));
  let wait;
  at("words").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(refresh, 150); });
  for (const id of ["name", "kind", "sort"]) at(id).addEventListener("change", refresh);
  more.addEventListener("click", draw);
  if ("IntersectionObserver" in window) {
    new IntersectionObserver((seen) => { if (seen.some((s) => s.isIntersecting) && !more.hidden) draw(); }, { rootMargin: "600px" }).observe(more);
  }
  for (const link of document.querySelectorAll("[data-name]")) {
    link.addEventListener("click", () => { at("name").value = link.dataset.name; choose("published"); });
  }
  choose("published");
})();
