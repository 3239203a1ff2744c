// The record's column: a list for each field, to which entries are added as they stream in.

import { element, words } from "./elements.js";
import { shown } from "./text.js";
import { count, date, FIELDS, name, TITLES, UNVERIFIED } from "./wording.js";

let entries = 0;

// An item, a quotation or a missing part, with the spans to highlight: an item's evidence,
// the best first, then its quote.
export function entryOf(kind, item) {
  const spans = { uncited: () => [item], missing: () => [{ start: item.start, end: item.end }] };
  const found = spans[kind] ? spans[kind]() : [...item.evidence, ...(item.quote ? [item.quote] : [])];
  return { id: `item-${++entries}`, kind, item, spans: found, key: JSON.stringify([kind, item]) };
}

export class RecordView {
  // `body`, within the column `root`, takes the sections. `on` is told of `hover(entries)`,
  // `leave()`, and `pick(entry, span)`: the number of one of its spans, or null for all.
  constructor(root, body, on) {
    this.root = root;
    this.body = body;
    root.addEventListener("mouseover", (event) => {
      const entry = this.#entryAt(event.target);
      if (entry) on.hover([entry]);
      else on.leave();
    });
    root.addEventListener("mouseleave", () => on.leave());
    root.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      const entry = button && this.#entryAt(button);
      if (!entry) return;
      on.pick(entry, button.dataset.span ? Number(button.dataset.span) : null);
    });
    root.addEventListener("keydown", (event) => this.#step(event));
  }

  // Empty sections, as they stand before the first item has come.
  clear() {
    this.known = new WeakMap();
    this.entries = [];
    this.lists = Object.fromEntries(FIELDS.map((field) => [field, element("ul", { class: "items" })]));
    this.body.replaceChildren(...FIELDS.map((field) => element(
      "section", { class: `field ${field}`, "aria-labelledby": `${field}-title` },
      element("h3", { id: `${field}-title` }, element("span", {}, TITLES[field])),
      this.lists[field],
      element("p", { class: "none", hidden: true }, "None found"),
    )));
  }

  // Add an item that was verified just now. Answers its entry.
  add(field, item) {
    const entry = entryOf(field, item);
    this.#put(entry, this.lists[field], this.lists[field].childElementCount);
    this.entries.push(entry);
    return entry;
  }

  // The whole record: what is there already stays, in the record's order.
  settle(summary) {
    const there = new Map(this.entries.map((entry) => [entry.key, entry]));
    const settled = [];
    for (const field of FIELDS) {
      const items = field === "what" ? [summary.what].filter(Boolean) : summary[field];
      items.forEach((item, number) => {
        const made = entryOf(field, item);
        const entry = there.get(made.key) ?? made;
        there.delete(made.key);
        this.#put(entry, this.lists[field], number);
        settled.push(entry);
      });
    }
    for (const entry of there.values()) entry.element.remove();
    this.entries = settled;
    this.finish();
  }

  // No more items will come: say where there are none.
  finish() {
    for (const list of Object.values(this.lists)) {
      list.nextElementSibling.hidden = list.childElementCount > 0;
    }
  }

  // Entries of another part of the column, below the items.
  adopt(entry, row) {
    entry.element = row;
    this.known.set(row, entry);
  }

  light(entries) {
    for (const row of this.root.querySelectorAll(".entry.on")) row.classList.remove("on");
    for (const entry of entries) entry.element.classList.add("on");
  }

  press(entries) {
    for (const button of this.root.querySelectorAll('.item[aria-pressed="true"]')) {
      button.setAttribute("aria-pressed", "false");
    }
    for (const entry of entries) entry.element.querySelector(".item")?.setAttribute("aria-pressed", "true");
  }

  #put(entry, list, number) {
    if (!entry.element) this.adopt(entry, row(entry, claim(entry.kind, entry.item)));
    const standing = list.children[number] ?? null;
    if (standing !== entry.element) list.insertBefore(entry.element, standing);
  }

  #entryAt(target) {
    const row = target.closest(".entry");
    return row ? this.known.get(row) : null;
  }

  // Up and Down go from item to item, Home and End to the first and the last.
  #step(event) {
    const item = event.target.closest(".entry")?.querySelector(".item");
    if (!item || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const all = [...this.root.querySelectorAll(".item")].filter((one) => one.checkVisibility());
    const at = all.indexOf(item);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[to]?.focus();
  }
}

// A row of a list: what it says as a button, and its evidence below.
export function row(entry, content) {
  const { kind, item } = entry;
  const line = element("p", { class: "evidence" });
  const evidence = item.evidence ?? [];
  if (evidence.length) {
    line.append(element("span", { class: "count" }, count(evidence.length, "passage")));
    const label = shown(name(kind, item)).slice(0, 60);
    if (evidence.length > 1) {
      evidence.forEach((_, number) => line.append(
        chip(number, String(number + 1), `Passage ${number + 1} of ${evidence.length}: ${label}`),
      ));
    }
    if (item.quote) line.append(chip(evidence.length, "quote", `Quote: ${label}`));
  }
  return element(
    "li", { class: `entry ${kind}` },
    element("button", { type: "button", class: "item", id: entry.id, "aria-pressed": "false" }, ...content),
    evidence.length ? line : null,
  );
}

function chip(span, text, label) {
  return element("button", { type: "button", class: "chip", "data-span": span, "aria-label": label }, text);
}

function claim(field, item) {
  const strong = (text) => words(shown(text), "b");
  const line = (...parts) => element("span", { class: "line", dir: "auto" }, ...parts);
  const said = (text) => words(shown(text));
  const dated = (edtf) => element("time", edtf.includes("/") ? {} : { datetime: edtf }, date(edtf));
  switch (field) {
    case "who": {
      const after = item.role ? said(item.role) : item.kind === "person" ? null : item.kind;
      return [line(strong(item.name), after && element("span", { class: "aside" }, ", ", after))];
    }
    case "where":
      return [line(strong(item.name), item.country && element("span", { class: "aside" }, ", ", item.country))];
    case "when":
      return [
        line(item.date ? dated(item.date) : element("span", { class: "undated" }, "No date"),
          element("span", { class: "aside" }, " “", said(item.text), "”")),
        line(said(item.event)),
      ];
    case "reactions":
      return [
        line(strong(item.speaker), " ", element("span", { class: `stance ${item.stance}` }, item.stance)),
        line(said(item.statement)),
        item.quote && line(element("q", {}, said(item.quote.text))),
        item.attribution === "unverified" && element("span", { class: "caution" }, UNVERIFIED),
      ].filter(Boolean);
    case "background":
      return [line(item.date && dated(item.date), item.date && " ", said(item.statement))];
    default:
      return [line(said(item.statement))];
  }
}
