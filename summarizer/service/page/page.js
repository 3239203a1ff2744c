// The page: what is written is sent, what comes back is shown beside the very text of it.

import { ArticleView } from "./article.js";
import { showChecks, showProvenance, verdict } from "./checks.js";
import { element, words } from "./elements.js";
import { hideProblem, showProblem } from "./problem.js";
import { RecordView } from "./record.js";
import { example, Problem, read, render, summarize } from "./service.js";
import { take } from "./take.js";
import { shown } from "./text.js";
import { count, gist, TITLES } from "./wording.js";
import * as write from "./write.js";

const at = (id) => document.getElementById(id);
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const wide = window.matchMedia("(min-width: 60rem)");
const ANNOUNCED_EVERY = 4000;

let sent = null; // what was sent last: {text, title, published}
let record = null; // the record's JSON, as it came
let running = null; // the AbortController of the request under way
let picked = []; // entries whose evidence stays highlighted
let hovered = []; // entries under the pointer
let chosen = null; // the item that they are the evidence of, if it was picked itself
let origin = null; // from where the keyboard went to the other column
let extra = []; // entries below the items

const article = new ArticleView(at("words"), { hover: preview, leave: () => preview([]), pick: pickMark });
const column = new RecordView(at("record"), at("items"), { hover: preview, leave: () => preview([]), pick: pickEntry });

// Announcements

function say(text) {
  at("live").textContent = "";
  // Emptied first: the same sentence twice is said twice.
  requestAnimationFrame(() => { at("live").textContent = text; });
}

// Highlighting

function light(entries) {
  article.light(entries);
  column.light(entries);
}

function preview(entries) {
  hovered = entries;
  if (!picked.length) light(entries);
}

function pin(entries) {
  picked = entries;
  chosen = null;
  light(entries);
  column.press(entries);
  at("peek").hidden = true;
}

function bring(target, block = "center") {
  target.scrollIntoView({ block, behavior: still.matches ? "auto" : "smooth" });
}

function pickEntry(entry, span) {
  // A second click is for quiet again, where both columns are in sight.
  if (span === null && wide.matches && chosen === entry) {
    pin([]);
    say("Highlight cleared");
    return;
  }
  pin([entry]);
  chosen = entry;
  const places = article.place(entry);
  const first = places.findIndex(Boolean);
  const mark = article.at(entry, span ?? Math.max(first, 0));
  if (!mark) {
    say("This passage could not be placed in the text shown here");
    return;
  }
  bring(mark);
  if (span !== null) {
    origin = document.activeElement;
    mark.focus({ preventScroll: true });
  }
  if (!wide.matches) offer([entry], true);
  const quoted = entry.spans[span ?? first].text;
  say(`${count(places.filter(Boolean).length, "passage")} highlighted${quoted ? `: ${quoted}` : ""}`);
}

function pickMark(entries, mark, byKeyboard) {
  pin(entries);
  if (!wide.matches) {
    offer(entries, false);
    if (byKeyboard) {
      origin = mark;
      at("peek").querySelector("button").focus();
    }
    return;
  }
  reveal(entries[0]);
  if (byKeyboard) {
    origin = mark;
    entries[0].element.querySelector(".item").focus({ preventScroll: true });
  }
  say(`${count(entries.length, "item")} on this passage: ${entries.map(({ kind, item }) => `${TITLES[kind]}: ${gist(kind, item)}`).join("; ")}`);
}

function reveal(entry) {
  const fold = entry.element.closest("details");
  if (fold) fold.open = true;
  entry.element.scrollIntoView({ block: "nearest", behavior: still.matches ? "auto" : "smooth" });
}

// On a narrow screen the other column is out of sight: what is in it is offered below.
function offer(entries, back) {
  at("peek").replaceChildren(...entries.map((entry) => {
    const button = element(
      "button", { type: "button", class: entry.kind },
      element("span", { class: "over" }, TITLES[entry.kind]),
      words(shown(gist(entry.kind, entry.item)), "span", { class: "gist" }),
      back && element("span", { class: "back" }, "Back to the record"),
    );
    button.addEventListener("click", () => {
      at("peek").hidden = true;
      reveal(entry);
      bring(entry.element);
      entry.element.querySelector(".item").focus({ preventScroll: true });
    });
    return button;
  }));
  at("peek").hidden = false;
}

document.addEventListener("click", (event) => {
  const empty = at("read").contains(event.target) && !event.target.closest("button, a, summary, input");
  if (empty && picked.length && !String(window.getSelection())) pin([]);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || at("read").hidden) return;
  pin([]);
  if (origin?.isConnected) origin.focus();
  origin = null;
});

// One article's way

let said = 0;
let drawn = false;

function onItem(field, item) {
  column.add(field, item);
  if (!drawn) {
    drawn = true;
    requestAnimationFrame(() => {
      drawn = false;
      mark();
    });
  }
  state(`Reading the article: ${count(column.entries.length, "item")} so far`);
  if (Date.now() - said > ANNOUNCED_EVERY) {
    said = Date.now();
    say(`${count(column.entries.length, "item")} so far`);
  }
}

function mark() {
  article.mark([...column.entries, ...extra]);
  light(picked.length ? picked : hovered);
  at("number").textContent = column.entries.length || "";
}

function state(text) {
  at("state-text").textContent = text;
}

function view(reading) {
  document.body.dataset.view = reading ? "read" : "write";
  at("write").hidden = reading;
  at("read").hidden = !reading;
}

async function start() {
  const key = write.key();
  running = new AbortController();
  const { signal } = running;
  extra = [];
  record = null;
  hideProblem();
  hovered = [];
  pin([]);
  column.clear();
  for (const id of ["checks", "provenance"]) at(id).replaceChildren();
  for (const id of ["take", "verdict"]) at(id).hidden = true;
  article.show(sent.text);
  at("given").hidden = !sent.title || sent.text.trimStart().startsWith(sent.title);
  at("given").textContent = shown(sent.title ?? "");
  mark();
  view(true);
  working(true);
  state("Reading the article");
  say("Reading the article");
  said = Date.now();
  at("stop").focus({ preventScroll: true });
  window.scrollTo(0, 0);
  try {
    const json = await summarize(sent, { key, signal, onItem });
    if (!signal.aborted) finish(json);
  } catch (error) {
    if (running?.signal !== signal) return; // another article is under way already
    if (signal.aborted) stopped();
    else failed(error);
  } finally {
    if (running?.signal === signal) {
      running = null;
      working(false);
    }
  }
}

function working(busy) {
  const focused = document.activeElement === at("stop");
  at("stop").hidden = !busy;
  at("read").classList.toggle("busy", busy);
  if (busy) clock(performance.now());
  else if (focused) at("record").focus({ preventScroll: true });
}

function clock(since) {
  if (!running) return;
  const elapsed = Math.floor((performance.now() - since) / 1000);
  at("clock").textContent = elapsed ? `· ${elapsed} s` : "";
  setTimeout(() => clock(since), 1000 - ((performance.now() - since) % 1000));
}

function finish(json) {
  const summary = JSON.parse(json);
  record = json;
  column.settle(summary);
  extra = showChecks(at("checks"), summary, column);
  showProvenance(at("provenance"), summary);
  picked = picked.filter((entry) => column.entries.includes(entry));
  mark();
  const astray = [...column.entries, ...extra].flatMap((entry) => article.place(entry))
    .filter((place) => !place).length;
  const sentence = verdict(summary, astray);
  at("verdict").textContent = sentence;
  at("verdict").classList.toggle("partial", summary.status === "partial" || astray > 0);
  at("verdict").hidden = false;
  at("take").hidden = false;
  at("clock").textContent = "";
  state(summary.status === "partial" ? "Partial record" : "Complete record");
  say(`${summary.status === "partial" ? "Partial record" : "Complete record"}. ${sentence}`);
}

// No field is said to be empty: what would have come is not known.
function cut(word) {
  at("clock").textContent = "";
  const items = column.entries.length;
  state(items ? `${word} after ${count(items, "verified item")}` : word);
}

function stopped() {
  cut("Stopped");
  say(at("state-text").textContent);
}

function failed(error) {
  cut("Not finished");
  if (!column.entries.length) {
    view(false);
    at("send").focus({ preventScroll: true });
  }
  tell(error, start);
}

function tell(error, retry) {
  const problem = error instanceof Problem ? error : new Problem({
    title: "The page failed", detail: "Something unexpected happened on this page.", hint: "Load it again.",
  });
  if (!(error instanceof Problem)) console.error(error);
  showProblem(problem, { retry });
  if (problem.status === 401) {
    write.askForKey(problem.detail);
    write.focusKey();
  }
}

write.begin({
  send: (given) => {
    sent = given;
    start();
  },
  open: async (file) => {
    edit();
    try {
      write.fill(await read(file, { key: write.key() }));
      at("send").focus();
      say(`${file.name} was read`);
    } catch (error) {
      tell(error, null);
    }
  },
  example: async () => {
    hideProblem();
    try {
      write.fill({ text: await example() });
      at("send").focus();
    } catch (error) {
      tell(error, null);
    }
  },
  refuse: (problem) => tell(new Problem(problem), null),
});

at("stop").addEventListener("click", () => running?.abort());
at("edit").addEventListener("click", () => {
  edit();
  at("text").focus();
});

function edit() {
  running?.abort();
  hideProblem();
  pin([]);
  view(false);
}

take(at("take"), {
  content: (format) => render(format, sent.text, record, { key: write.key() }),
  done: say,
  failed: (error) => tell(error, null),
});
