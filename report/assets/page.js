/* What the page does beyond being read: sorts and filters tables, shows times in another zone, opens
   all, copies commands. It remembers nothing and asks nobody. */
"use strict";
(function () {
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const say = (text) => { document.getElementById("said").textContent = text; };
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  /* Times: as the report has them, in UTC, or in the reader's zone. */
  const times = all("time[data-shape], text[data-time]").map((element) => ({
    element,
    date: new Date(element.dateTime || element.dataset.time),
    shape: element.dataset.shape,
    original: element.textContent,
  }));
  const shapes = {
    full: (day, clock) => day + " " + clock,
    minute: (day, clock) => day + " " + clock.slice(0, 5),
    second: (day, clock) => clock,
    clock: (day, clock) => clock.slice(0, 5),
  };

  function showTimes(zone) {
    const format = zone === "report" ? null : new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    });
    for (const time of times) {
      if (format === null || !(time.shape in shapes)) {
        time.element.textContent = time.original;
        continue;
      }
      const part = {};
      for (const { type, value } of format.formatToParts(time.date)) part[type] = value;
      time.element.textContent = shapes[time.shape](
        part.year + "-" + part.month + "-" + part.day,
        part.hour + ":" + part.minute + ":" + part.second);
    }
  }

  const zones = document.getElementById("zone");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zones.options[0].text !== "UTC") zones.add(new Option("UTC", "UTC"));
  zones.add(new Option("local time (" + here + ")", here));
  zones.value = "report";
  zones.addEventListener("change", () => {
    showTimes(zones.value);
    say("Times in " + zones.selectedOptions[0].text);
  });

  /* Opening all outages; the other details stay as they are. */
  const expand = document.getElementById("expand");
  expand.addEventListener("click", () => {
    const open = expand.getAttribute("aria-pressed") !== "true";
    all(".outage details").forEach((details) => { details.open = open; });
    expand.setAttribute("aria-pressed", String(open));
    expand.textContent = open ? "Close all" : "Expand all";
  });

  /* Who comes by a link to an outage finds it open. */
  function openTarget() {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const details = target && target.classList.contains("outage") && target.querySelector("details");
    if (details) details.open = true;
  }
  addEventListener("hashchange", openTarget);
  openTarget();

  /* Tables. A row that has more to say is a <tbody> of its own and moves as a whole. */
  const rowsOf = (table) => table.tBodies.length > 1 ? Array.from(table.tBodies) : Array.from(table.tBodies[0].rows);
  const cellsOf = (row) => (row.rows ? row.rows[0] : row).cells;

  function valueOf(row, column) {
    const cell = cellsOf(row)[column];
    if (!cell) return "";
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    const text = cell.textContent.trim();
    const number = Number(text.replace(/,/g, ""));
    return text !== "" && !Number.isNaN(number) ? number : text.toLowerCase();
  }

  function compare(a, b) {
    if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
    return typeof a === "number" ? -1 : 1;
  }

  function sort(table, heading) {
    const column = heading.cellIndex;
    const was = heading.getAttribute("aria-sort");
    const first = heading.classList.contains("n") ? "descending" : "ascending";
    const order = was === "none" ? first : was === "ascending" ? "descending" : "ascending";
    const sign = order === "ascending" ? 1 : -1;
    const keyed = rowsOf(table).map((row) => ({ row, key: valueOf(row, column) }));
    keyed.sort((a, b) => sign * compare(a.key, b.key));
    const parent = keyed[0].row.parentNode;
    for (const { row } of keyed) parent.append(row);
    for (const other of table.tHead.rows[0].cells) {
      if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", other === heading ? order : "none");
    }
    say("Sorted by " + heading.textContent + ", " + order);
  }

  function makeSortable(table) {
    for (const heading of table.tHead.rows[0].cells) {
      if (heading.classList.contains("g") || heading.textContent === "") continue;
      const button = make("button", { type: "button", textContent: heading.textContent });
      heading.replaceChildren(button);
      heading.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => sort(table, heading));
    }
  }

  function makeFilterable(table) {
    const rows = rowsOf(table);
    const name = table.caption.textContent;
    const input = make("input", { type: "search", placeholder: "Filter" });
    const count = make("span", { role: "status" });
    input.setAttribute("aria-label", "Filter: " + name);
    const line = make("div", { className: "filter" });
    line.append(input, count);
    table.closest(".scroll").before(line);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += !row.hidden;
      }
      count.textContent = input.value === "" ? "" : shown + " of " + rows.length;
    });
  }

  for (const table of all("main table[id]")) {
    const count = rowsOf(table).length;
    if (count > 1) makeSortable(table);
    if (count > 12) makeFilterable(table);
  }

  /* Commands. */
  function copy(text) {
    if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
    const area = make("textarea", { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    return Promise.resolve();
  }
  for (const command of all(".command")) {
    const button = make("button", { type: "button", textContent: "Copy" });
    command.append(button);
    button.addEventListener("click", () => {
      copy(command.querySelector("code").textContent).then(() => {
        button.textContent = "Copied";
        say("Copied");
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      }, () => { button.textContent = "Not copied"; });
    });
  }

  /* The way to each section. */
  const nav = document.querySelector("nav");
  for (const title of all("main > section > h2")) {
    nav.append(make("a", { href: "#" + title.parentNode.id, textContent: title.textContent }));
  }
  nav.hidden = nav.childElementCount === 0;

  /* Only what scrolls has to be reached to be scrolled. */
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  });
  for (const area of all(".scroll")) watch.observe(area);

  document.querySelector(".tools").hidden = false;
})();
