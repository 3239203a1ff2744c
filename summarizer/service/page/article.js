// The article in its reading view: its very text in text nodes, with the stretches marked
// that entries of the record rest on. What the elements hold, in order, is the text.

import { isFilled, measureOf, paragraphs, Places, segments, shown } from "./text.js";

const HEADLINE_UNITS = 140;
// More paragraphs than this are broken into lines the quick way.
const LONG_PARAGRAPHS = 500;

export class ArticleView {
  // `root` takes the paragraphs. Pointer and keyboard are told to `on`: `hover(entries)`,
  // `leave()`, and `pick(entries, mark, byKeyboard)`.
  constructor(root, on) {
    this.root = root;
    this.known = new WeakMap(); // mark element -> its entries, and where it starts
    root.addEventListener("mouseover", (event) => {
      const mark = event.target.closest(".mark");
      if (mark) on.hover(this.known.get(mark).entries);
      else on.leave();
    });
    root.addEventListener("mouseleave", () => on.leave());
    root.addEventListener("click", (event) => {
      const mark = event.target.closest(".mark");
      if (!mark) return;
      event.preventDefault();
      // Who selects words to copy them picks nothing.
      if (String(window.getSelection())) return;
      on.pick(this.known.get(mark).entries, mark, event.detail === 0);
    });
    root.addEventListener("keydown", (event) => this.#step(event));
    root.addEventListener("focusin", (event) => {
      const mark = event.target.closest(".mark");
      if (mark) this.#stopAt(mark);
    });
  }

  show(text) {
    this.text = text;
    this.places = new Places(text);
    this.placed = new Map(); // entry -> where its spans stand
    this.marks = new Map(); // entry -> its mark elements, in order
    this.blocks = paragraphs(text).map(({ start, end }) => ({
      start, end, element: document.createElement("p"), marks: [],
    }));
    const measure = measureOf(text);
    const nodes = [];
    let at = 0;
    for (const block of this.blocks) {
      const words = text.slice(block.start, block.end);
      block.element.classList.toggle("filled", isFilled(words, measure));
      nodes.push(document.createTextNode(shown(text.slice(at, block.start))), block.element);
      at = block.end;
      this.#draw(block, new Set());
    }
    nodes.push(document.createTextNode(shown(text.slice(at))));
    this.root.replaceChildren(...nodes);
    this.root.classList.remove("picking");
    this.root.classList.toggle("long", this.blocks.length > LONG_PARAGRAPHS);
    const [first] = this.blocks;
    const words = first ? text.slice(first.start, first.end).trim() : "";
    if (this.blocks.length > 1 && words.length <= HEADLINE_UNITS && !/\n|[.,;:]$/.test(words)) {
      first.element.classList.add("headline");
    }
  }

  // Where an entry's spans stand; null for one that the text does not bear out.
  place(entry) {
    if (!this.placed.has(entry)) {
      this.placed.set(entry, entry.spans.map((span) => {
        const found = span.text === undefined
          ? { start: this.places.unit(span.start), end: this.places.unit(span.end) }
          : this.places.find(span);
        return found && { ...found, entry, quoted: span === entry.item.quote };
      }));
    }
    return this.placed.get(entry);
  }

  // Mark these entries' spans. Only paragraphs in which something changed are drawn anew.
  mark(entries) {
    const all = entries.flatMap((entry) => this.place(entry)).filter(Boolean);
    for (const block of this.blocks) {
      const marks = all.filter((mark) => mark.start < block.end && mark.end > block.start);
      const same = marks.length === block.marks.length &&
        marks.every((mark, number) => mark === block.marks[number]);
      if (same) continue;
      const fresh = new Set(marks.filter((mark) => !block.marks.includes(mark)));
      block.marks = marks;
      this.#draw(block, fresh);
    }
    this.marks = new Map(entries.map((entry) => [entry, []]));
    const elements = this.#elements();
    for (const element of elements) {
      for (const entry of this.known.get(element).entries) this.marks.get(entry).push(element);
    }
    if (elements.length && !elements.some((one) => one.tabIndex === 0)) elements[0].tabIndex = 0;
  }

  // Highlight the evidence of these entries; without any, all of it is quiet again.
  light(entries) {
    for (const mark of this.root.querySelectorAll(".mark.on")) {
      mark.className = `mark ${this.known.get(mark).entries[0].kind}`;
    }
    this.root.classList.toggle("picking", entries.length > 0);
    for (const entry of [...entries].reverse()) {
      const quotes = this.place(entry).filter((place) => place?.quoted);
      for (const mark of this.marks.get(entry) ?? []) {
        const { start } = this.known.get(mark);
        mark.className = `mark on ${entry.kind}`;
        mark.classList.toggle("quoted", quotes.some((one) => one.start <= start && start < one.end));
      }
    }
  }

  // The element at which an entry's span with this number begins, or null.
  at(entry, number) {
    const place = this.place(entry)[number];
    if (!place) return null;
    const elements = this.marks.get(entry) ?? [];
    return elements.find((element) => this.known.get(element).start >= place.start) ?? null;
  }

  #draw(block, fresh) {
    const nodes = segments(block.start, block.end, block.marks).map((segment) => {
      const words = document.createTextNode(shown(this.text.slice(segment.start, segment.end)));
      if (!segment.marks.length) return words;
      const entries = [...new Set(segment.marks.map((mark) => mark.entry))];
      const link = document.createElement("a");
      link.className = `mark ${entries[0].kind}`;
      link.classList.toggle("fresh", segment.marks.some((mark) => fresh.has(mark)));
      link.href = `#${entries[0].id}`;
      link.tabIndex = -1;
      link.append(words);
      this.known.set(link, { entries, start: segment.start });
      return link;
    });
    block.element.replaceChildren(...nodes);
  }

  #elements() {
    return [...this.root.querySelectorAll(".mark")];
  }

  // The article is one stop for the Tab key; Left and Right go from mark to mark.
  #stopAt(mark) {
    for (const other of this.root.querySelectorAll('.mark[tabindex="0"]')) other.tabIndex = -1;
    mark.tabIndex = 0;
  }

  #step(event) {
    const mark = event.target.closest(".mark");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!mark || !step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const all = this.#elements();
    all[all.indexOf(mark) + step]?.focus();
  }
}
