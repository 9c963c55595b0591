document.addEventListener("DOMContentLoaded", () => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const charts = read("charts");
  const chosen = Object.fromEntries(Object.keys(charts).map((name) => [name, charts[name][0]]));
  const drawn = new Set();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const small = matchMedia("(max-width: 640px)");

  // Colours are written `var(--name)`: the style sheet knows them, light and dark.
  const paint = (value) => {
    if (typeof value === "string") {
      const style = getComputedStyle(document.documentElement);
      return value.replace(/var\((--[a-z]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
    }
    if (Array.isArray(value)) return value.map(paint);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, paint(inner)]));
    }
    return value;
  };

  const dressed = (layout) => {
    const narrow = small.matches;
    const look = structuredClone(layout);
    for (const [axis, change] of Object.entries((narrow && look.meta?.narrow) || {})) Object.assign(look[axis], change);
    if (narrow && look.meta?.narrow_height) look.height = look.meta.narrow_height;
    look.paper_bgcolor = "rgba(0,0,0,0)";
    look.plot_bgcolor = "rgba(0,0,0,0)";
    look.font = { family: "system-ui, sans-serif", size: narrow ? 12 : 13, color: "var(--ink)" };
    look.hoverlabel = { bgcolor: "var(--surface)", bordercolor: "var(--axis)", font: { color: "var(--ink)" } };
    look.colorway = ["var(--kcs)", "var(--census)", "var(--price)", "var(--volume)", "var(--muted)"];
    for (const key of Object.keys(look).filter((name) => /^[xy]axis\d*$/.test(name))) {
      look[key] = { gridcolor: "var(--rule)", zerolinecolor: "var(--axis)", linecolor: "var(--axis)", ...look[key] };
      if (look[key].title) look[key].title = { ...look[key].title, font: { size: look.font.size } };
    }
    return paint(look);
  };

  const draw = (name) => {
    const place = document.getElementById(`${name}-chart`);
    const { data, layout } = chosen[name];
    const look = dressed(layout);
    place.style.minHeight = `${look.height}px`;
    drawn.add(name);
    Plotly.react(place, paint(data), look, { responsive: true, displayModeBar: false, showLink: false, plotlyServerURL: "" });
    document.getElementById("js-plotly-tester")?.setAttribute("aria-hidden", "true"); // Plotly measures text in it
  };

  const again = () => drawn.forEach(draw);
  const say = (name, text) => { document.getElementById(`${name}-says`).textContent = text; };

  const choose = (event) => {
    const name = event.target.dataset.choice;
    const place = Number(event.target.value);
    chosen[name] = charts[name][place];
    say(name, chosen[name].says);
    for (const table of document.querySelectorAll(`#${name} [data-table]`)) table.hidden = Number(table.dataset.table) !== place;
    draw(name);
  };

  // Any partner and period, in both ledgers. For the pair itself the US ledger is read from Korea's side.
  const asked = (id) => document.getElementById(id).value;
  const bn = (value, sign) => value === null ? "–" : (sign && value > 0 ? "+" : "") +
    (value / 1000).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }).replace("-", "−");
  let series = null;

  const points = (book, partner, measure, turn, frequency, from, to) => {
    const flow = turn && measure < 2 ? 1 - measure : measure;
    const sign = turn && measure === 2 ? -1 : 1;
    const turned = (value) => value === null ? null : sign * value;
    if (frequency === "year") {
      return (book.years[partner] || [])
        .filter(([year]) => year >= from && year <= to)
        .map((row) => ({ at: `${row[0]}-01-01`, label: `${row[0]}`, value: turned(row[1 + flow]), months: row[4],
          record: measure === 2 ? row[5] : 0, turned: sign }));
    }
    const [first, ...flows] = book.months[partner] || ["1970-01", "", ""];
    const [exports, imports] = flows.map((text) => text.split(",").map((cell) => cell === "" ? null : Number(cell)));
    let [year, month] = first.split("-").map(Number);
    return exports.map((exported, place) => {
      const imported = imports[place];
      const both = [exported, imported, exported === null || imported === null ? null : exported - imported];
      const at = `${year}-${String(month).padStart(2, "0")}`;
      const point = { at: `${at}-01`, label: at, year, value: turned(both[flow]), months: 12, record: 0, turned: sign };
      month += 1;
      if (month > 12) { month = 1; year += 1; }
      return point;
    }).filter((point) => point.year >= from && point.year <= to);
  };

  const show = () => {
    series ??= read("series");
    const [partner, measure, frequency] = [asked("partner"), Number(asked("measure")), asked("frequency")];
    const [from, to] = [Number(asked("from")), Number(asked("to"))].sort((one, other) => one - other);
    const pair = partner === "";
    const what = ["exports", "imports", "balance"][measure];
    const lines = Object.entries(series.ledgers).map(([code, book]) => {
      const turn = pair && book.reporter === ABROAD;
      const held = points(book, pair ? (turn ? HOME : ABROAD) : partner, measure, turn, frequency, from, to);
      return { code, name: pair ? book.name : `${book.reporter_name}, ${book.name}`, held };
    }).filter(({ held }) => held.some(({ value }) => value !== null));
    const named = document.getElementById("partner").selectedOptions[0].textContent;
    const whose = pair ? `Korea's ${what} with the United States` : `${what} with ${named}`;
    paintLines(lines, whose, measure, frequency);
    tabulate(lines, measure, frequency, whose);
  };

  const paintLines = (lines, whose, measure, frequency) => {
    const signed = measure === 2 ? "+" : "";
    const clock = frequency === "year" ? "%Y" : "%b %Y";
    const data = [];
    for (const { code, name, held } of lines) {
      const whole = held.filter(({ months }) => frequency === "month" || months === 12);
      data.push({
        type: "scatter", mode: whole.length > 1 ? "lines" : "markers", name, x: whole.map(({ at }) => at),
        y: whole.map(({ value }) => value === null ? null : value / 1000), connectgaps: false,
        line: { color: `var(--${code})`, width: frequency === "year" ? 3 : 1.6, dash: code === "kcs" ? "solid" : "dash" },
        hovertemplate: `%{x|${clock}}: %{y:${signed},.2f} bn<extra>${name}</extra>`,
      });
      const records = whole.filter(({ record }) => record !== 0);
      if (records.length) {
        data.push({
          type: "scatter", mode: "markers", name: `Record, ${name}`, showlegend: false, hoverinfo: "skip",
          x: records.map(({ at }) => at), y: records.map(({ value }) => value / 1000),
          marker: {
            size: 11, color: `var(--${code})`,
            symbol: records.map(({ record, turned }) =>
              `triangle-${(record > 0) === (turned > 0) ? "up" : "down"}${record === 2 ? "-open" : ""}`),
          },
        });
      }
    }
    chosen.balance = { ...chosen.balance, data };
    const told = lines.map(({ name, held }) => {
      const whole = held.filter(({ months, value }) => value !== null && (frequency === "month" || months === 12));
      const last = whole[whole.length - 1];
      return last ? `${name}: ${bn(whole[0].value, measure === 2)} billion USD in ${whole[0].label}, ${bn(last.value, measure === 2)} in ${last.label}.` : "";
    });
    say("balance", lines.length ? `${whose[0].toUpperCase()}${whose.slice(1)}, by ${frequency}. ${told.join(" ")}` : `No ledger holds ${whose} in this period.`);
    draw("balance");
  };

  const tabulate = (lines, measure, frequency, whose) => {
    const table = document.querySelector("#balance table");
    table.caption.textContent = whose;
    const periods = [...new Set(lines.flatMap(({ held }) => held.map(({ label }) => label)))].sort().reverse();
    const cell = (kind, text, number) => {
      const made = document.createElement(kind);
      made.textContent = text;
      if (number) made.className = "number";
      return made;
    };
    const heads = [frequency === "year" ? "Year" : "Month", ...lines.map(({ name }) => `${name}, billion USD`), "Remark"];
    const head = document.createElement("tr");
    heads.forEach((text, place) => {
      const made = cell("th", text, place > 0 && place < heads.length - 1);
      made.scope = "col";
      head.append(made);
    });
    const found = lines.map(({ held }) => new Map(held.map((point) => [point.label, point])));
    const rows = periods.map((label) => {
      const row = document.createElement("tr");
      const first = cell("th", label);
      first.scope = "row";
      const here = found.map((line) => line.get(label));
      const remarks = here.flatMap((point, place) => {
        if (!point || (point.months === 12 && !point.record)) return [];
        const high = (point.record > 0) === (point.turned > 0);
        return [`${lines[place].name}: ${point.months < 12 ? `${point.months} months` : `record ${high ? "high" : "low"}${point.record === 2 ? ", fragile" : ""}`}`];
      });
      row.append(first, ...here.map((point) => cell("td", point ? bn(point.value, measure === 2) : "–", true)), cell("td", remarks.join("; ") || "–"));
      return row;
    });
    table.tHead.replaceChildren(head);
    table.tBodies[0].replaceChildren(...rows);
  };

  for (const select of document.querySelectorAll("[data-choice]")) select.addEventListener("change", choose);
  for (const id of ["partner", "measure", "frequency", "from", "to"]) document.getElementById(id)?.addEventListener("change", show);

  if (typeof Plotly === "undefined") {
    // Without its script the page is still whole in words and numbers.
    for (const fold of document.querySelectorAll("figure details")) fold.open = true;
    for (const place of document.querySelectorAll(".chart")) place.hidden = true;
    return;
  }
  for (const controls of document.querySelectorAll(".controls")) controls.hidden = false;
  const watch = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      if (target.dataset.chart === "balance") show();
      else draw(target.dataset.chart);
    }
  }, { rootMargin: "300px" });
  for (const place of document.querySelectorAll("[data-chart]")) watch.observe(place);
  dark.addEventListener("change", again);
  small.addEventListener("change", again);
  addEventListener("beforeprint", () => {
    for (const name of Object.keys(charts)) if (!drawn.has(name)) draw(name);
  });
});
