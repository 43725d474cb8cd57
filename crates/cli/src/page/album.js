// Shows the pictures of a dataset's report: filtered, sorted, and only as many at a time as somebody has scrolled to.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const room = at("album"), more = at("more"), count = at("count");
  const CHUNK = 120, MEMBERS = 24;
  const views = { published: data.published, thrown: data.thrown, disputed: disputed(), copies: copies() };
  const labels = new Map(data.names.map((name, i) => [name, i]));
  let shown = [], of_name = new Map(), from = 0, view = "published";

  // A picture is one of a name's: two names may have the same.
  function key(p, id) { return p.n + " " + (id || p.i); }

  // Thrown-out copies under the picture that stayed, the largest groups first. A copy may repeat one that was itself replaced.
  function copies() {
    const known = new Map();
    for (const p of data.published) known.set(key(p), p);
    // Copies of the same pixels have the id of what they repeat.
    for (const p of [...data.thrown.filter((p) => !p.o), ...data.thrown]) if (!known.has(key(p))) known.set(key(p), p);
    const stayed = (p) => {
      const met = new Set();
      let id = p.o;
      for (let next = known.get(key(p, id)); next && next.o && !met.has(id); next = known.get(key(p, id))) {
        met.add(id);
        id = next.o;
      }
      return id;
    };
    const groups = new Map();
    for (const p of data.thrown) {
      if (!p.o) continue;
      const id = stayed(p), at = key(p, id);
      if (!groups.has(at)) {
        const head = known.get(at) || { n: p.n, i: id };
        groups.set(at, { names: new Set([p.n]), of: [[head, "stayed"]], what: data.names[p.n], found: "search for " + id });
      }
      groups.get(at).of.push([p, p.k === undefined ? "" : "distance " + p.k + (p.o === id ? "" : " to another copy")]);
    }
    return [...groups.values()].sort((a, b) => b.of.length - a.of.length);
  }

  // Pictures that names or splits dispute, all of one dispute together, those that stayed before those that were left out.
  function disputed() {
    const group = new Map();
    for (const pair of data.disputed) {
      const [one, two] = [pair.one, pair.two].map((p) => group.get(key(p)) || { pictures: new Map(), words: new Set() });
      const into = one.pictures.size < two.pictures.size ? two : one, from = into === one ? two : one;
      for (const [at, picture] of from.pictures) into.pictures.set(at, picture);
      for (const word of from.words) into.words.add(word);
      if (!into.pictures.has(key(pair.two))) into.pictures.set(key(pair.two), [pair.two, undefined]);
      into.pictures.set(key(pair.one), [pair.one, pair.k]);
      into.words.add(pair.what);
      for (const at of into.pictures.keys()) group.set(at, into);
    }
    return [...new Set(group.values())].map((all) => {
      const of = [...all.pictures.values()].sort((a, b) => (a[1] !== undefined) - (b[1] !== undefined));
      return {
        names: new Set(of.map(([p]) => p.n)),
        of: of.map(([p, k]) => [p, data.names[p.n] + (k === undefined || k === null ? "" : ", distance " + k)]),
        what: [...all.words].join("; "),
        found: "search for a name",
      };
    });
  }

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
    dl.dir = "ltr";
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
    } else if (p.u) {
      line("original", linked(p.u, p.u));
    }
    line("why", p.d);
    if (p.q) {
      const list = make("ul");
      data.scores.forEach(([, what], i) => {
        const item = make("li");
        item.append(make("span", "", what), make("b", "", String(p.q[i])));
        list.append(item);
      });
      line("scores", list);
    }
    line("id", make("code", "", p.i));
    return dl;
  }

  // What stands beside the badge: the score that is sorted by, else the licence.
  function said(p) {
    const sort = at("sort").value;
    if (sort !== "" && p.q) return String(p.q[Number(sort.slice(1))]);
    return p.l === undefined ? "" : data.licences[p.l];
  }

  function figure(p, note) {
    const f = make("figure");
    const img = make("img");
    img.loading = "lazy";
    img.decoding = "async";
    img.width = img.height = 224;
    img.alt = p.t || data.names[p.n];
    img.src = file(p);
    f.append(img);
    const caption = make("figcaption"), details = make("details"), summary = make("summary");
    const split = p.s === undefined ? null : data.splits[p.s];
    const word = split || (p.r === undefined ? "not published" : data.reasons[p.r][0]);
    summary.append(make("span", "badge " + (split || "out"), word));
    summary.append(" " + (note !== undefined ? note : said(p)));
    details.append(summary);
    details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) details.append(known(p)); });
    caption.append(details);
    f.append(caption);
    return f;
  }

  function block(x) {
    if (x.of) {
      const row = make("div", "pair" + (x.of.length > 3 ? " many" : ""));
      row.append(make("p", "muted", x.what));
      for (const [p, note] of x.of.slice(0, MEMBERS)) row.append(figure(p, note));
      if (x.of.length > MEMBERS) row.append(make("p", "muted", (x.of.length - MEMBERS) + " more; " + x.found));
      return row;
    }
    return figure(x);
  }

  function wanted(p, name, kind, words) {
    if (name !== "" && !(p.names ? p.names.has(Number(name)) : p.n === Number(name))) return false;
    if (kind !== "") {
      const own = p.s !== undefined ? "s" + p.s : p.r !== undefined ? "r" + p.r : "";
      if (own !== kind) return false;
    }
    if (!words.length) return true;
    const text = (p.of ? p.what + " " + p.of.map(([one]) => text_of(one)).join(" ") : text_of(p)).toLowerCase();
    return words.every((w) => text.includes(w));
  }

  function text_of(p) {
    return [p.i, p.o, p.t, p.c, p.a, p.u, p.f, p.p, p.d, data.names[p.n], p.l === undefined ? "" : data.licences[p.l]].join(" ");
  }

  // Pictures in order come as a sheet for each name, under its heading.
  function sheets() {
    return (view === "published" || view === "thrown") && at("sort").value === "" && data.names.length > 1;
  }

  function draw() {
    const end = Math.min(from + CHUNK, shown.length);
    const kind = view === "copies" || view === "disputed" ? "pairs" : "shots";
    const by_name = sheets();
    let chunk = null;
    for (; from < end; from++) {
      const p = shown[from];
      if (by_name && (from === 0 || shown[from - 1].n !== p.n)) {
        const head = make("h3", "sheet");
        head.append(make("bdi", "", data.names[p.n]), make("span", "muted", " " + of_name.get(p.n)));
        room.append(head);
        chunk = null;
      }
      if (!chunk) {
        // What follows on a sheet goes on in its grid, so that no row ends early.
        const last = room.lastElementChild;
        chunk = last && last.className === kind ? last : make("div", kind);
        room.append(chunk);
      }
      chunk.append(block(p));
    }
    more.hidden = from >= shown.length;
    more.textContent = "show more (" + (shown.length - from) + " left)";
  }

  function refresh() {
    const words = at("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const name = at("name").value, kind = at("kind").value, sort = at("sort").value;
    shown = views[view].filter((p) => wanted(p, name, kind, words));
    if (sort !== "" && (view === "published" || view === "thrown")) {
      const i = Number(sort.slice(1)), sign = sort[0] === "-" ? -1 : 1;
      shown = shown.filter((p) => p.q).sort((a, b) => sign * (a.q[i] - b.q[i]));
    }
    of_name = new Map();
    for (const p of shown) of_name.set(p.n, (of_name.get(p.n) || 0) + 1);
    room.replaceChildren();
    from = 0;
    const what = view === "copies" || view === "disputed" ? "group" : "picture";
    count.textContent = shown.length + " " + what + (shown.length === 1 ? "" : "s");
    if (!shown.length) room.append(make("p", "muted", "none"));
    draw();
  }

  function kinds() {
    const select = at("kind");
    select.replaceChildren(new Option(view === "thrown" ? "all reasons" : "all splits", ""));
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
  data.scores.forEach(([code, , low], i) => at("sort").append(new Option(code + ", worst first", (low ? "+" : "-") + i), new Option(code + ", best first", (low ? "-" : "+") + i)));
  for (const tab of document.querySelectorAll("[data-view]")) {
    tab.append(make("span", "muted", " " + views[tab.dataset.view].length));
    tab.addEventListener("click", () => choose(tab.dataset.view));
  }
  let wait;
  at("words").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(refresh, 150); });
  for (const id of ["name", "kind", "sort"]) at(id).addEventListener("change", refresh);
  more.addEventListener("click", draw);
  if ("IntersectionObserver" in window) {
    new IntersectionObserver((seen) => { if (seen.some((s) => s.isIntersecting) && !more.hidden) draw(); }, { rootMargin: "600px" }).observe(more);
  }
  for (const link of document.querySelectorAll("[data-name]")) {
    link.addEventListener("click", () => {
      if (!labels.has(link.dataset.name)) return;
      at("name").value = labels.get(link.dataset.name);
      choose("published");
    });
  }
  choose("published");
})();
