// What stands below the items: what is missing or was left out, each with its reason, the
// quotations that no item cites, and what made the record.

import { element, words } from "./elements.js";
import { entryOf, row } from "./record.js";
import { shown } from "./text.js";
import { count, FIELDS, REASONS, seconds, TITLES } from "./wording.js";

// Fill `root`. Answers the entries in it that have a place in the article.
export function showChecks(root, summary, view) {
  const adopted = [];
  const entry = (kind, item, content) => {
    const made = entryOf(kind, item);
    const built = row(made, content);
    view.adopt(made, built);
    adopted.push(made);
    return built;
  };
  const missing = summary.missing.map((part, number) => entry("missing", part, [
    element("span", { class: "line" }, `Part ${number + 1}: `, words(shown(part.reason))),
  ]));
  const uncited = summary.uncited_quotes.map((span) => entry("uncited", span, [
    element("span", { class: "line", dir: "auto" }, element("q", {}, words(shown(span.text)))),
  ]));
  const left = summary.rejected.length + summary.adjusted.length + summary.uncited_quotes.length;
  root.replaceChildren(...[
    summary.missing.length && element(
      "section", { class: "warning", "aria-labelledby": "missing-title" },
      element("h3", { id: "missing-title" }, "Parts of the article without an answer"),
      element("ul", { class: "items" }, ...missing),
    ),
    left && element(
      "details", { id: "left-out" },
      element("summary", {}, "Left out and not cited ", element("span", { class: "number" }, String(left))),
      group("Rejected: the article does not support these", summary.rejected.map(rejection)),
      group("Taken out of an item: this part was not borne out", summary.adjusted.map(adjustment)),
      group("Quotations that no item cites", uncited),
    ),
  ].filter(Boolean));
  return adopted;
}

function group(title, rows) {
  return rows.length ? element("section", {}, element("h4", {}, title), element("ul", { class: "items" }, ...rows)) : null;
}

function rejection(one) {
  return element(
    "li", { class: `left ${one.field}` },
    element("p", { dir: "auto" }, element("b", {}, TITLES[one.field], ": "), words(shown(one.claim || "(nothing)"))),
    element("p", { class: "reason" }, REASONS[one.reason] ?? one.reason),
    element("p", { class: "detail", dir: "auto" }, words(shown(one.detail))),
    ...one.evidence.filter((text) => !one.detail.includes(text)).map((text) => element("p", { class: "detail", dir: "auto" }, "It quoted ", element("q", {}, words(shown(text))))),
  );
}

function adjustment(one) {
  return element(
    "li", { class: `left ${one.field}` },
    element("p", { dir: "auto" }, element("b", {}, TITLES[one.field], ": "), words(shown(one.claim))),
    element("p", { class: "reason" }, REASONS[one.reason] ?? one.reason),
    element("p", { class: "detail", dir: "auto" }, `Its ${one.attribute} was `, element("q", {}, words(shown(one.was))), ". ", words(shown(one.detail))),
  );
}

// How whole the record is, in a sentence or three. `astray` counts spans that the text shown
// does not bear out.
export function verdict(summary, astray) {
  const items = FIELDS.flatMap((field) => summary[field] ?? []).length;
  const sentences = [`${count(items, "item")}, each verified in the article.`];
  const rejected = summary.rejected.filter((one) => one.reason !== "duplicate").length;
  const why = [
    rejected && `${count(rejected, "item")} of the answer could not be verified and ${rejected === 1 ? "is" : "are"} left out`,
    summary.what === null && "the main event was not found",
    summary.missing.length && `${count(summary.missing.length, "part")} of the article got no answer`,
  ].filter(Boolean);
  if (summary.status === "partial") sentences.push(`Partial: ${why.join("; ")}.`);
  if (astray) sentences.push(`${count(astray, "passage")} could not be found in the text shown here.`);
  return sentences.join(" ");
}

// What made the record, for the foot of the column.
export function showProvenance(root, summary) {
  const made = summary.provenance;
  const facts = [
    ["Engine", made.engine],
    ["Model", made.model],
    ["Endpoint", made.endpoint],
    ["Prompt", made.prompt],
    ["Cost", made.cost_usd === null || !made.attempts.length ? null : `$${made.cost_usd.toFixed(4)}`],
    ["Time", seconds(made.elapsed_seconds)],
    ["Title", sourced(summary.article.title, summary.article.title_from)],
    ["Published", sourced(summary.article.published, summary.article.published_from)],
    ["Version", made.package_version],
  ].filter(([, value]) => value !== null && value !== undefined);
  const unasked = made.engine === "extractive";
  root.replaceChildren(...[
    unasked && element(
      "p", { class: "note" },
      "No model was asked. The extractive engine chose sentences by rules: a baseline, not a reading of the article.",
    ),
    made.cached && element("p", { class: "note" }, "From the cache: an earlier answer to the same text."),
    element("dl", {}, ...facts.flatMap(([title, value]) => [
      element("dt", {}, title), element("dd", {}, words(shown(String(value)))),
    ])),
    made.attempts.length > 0 && element(
      "details", {},
      element("summary", {}, count(made.attempts.length, "request")),
      element("ol", { class: "attempts" }, ...made.attempts.map((one) => element("li", {}, words(shown(attempt(one)))))),
    ),
  ].filter(Boolean));
}

const ORIGINS = { text: "from the text", metadata: "from the page", url: "from the address", caller: "as given" };

function sourced(value, from) {
  return value ? `${value} (${ORIGINS[from] ?? from})` : null;
}

function attempt(one) {
  return [
    `${one.purpose}: ${one.outcome}`,
    seconds(one.seconds),
    one.input_tokens !== null && `${one.input_tokens} tokens in`,
    one.output_tokens !== null && `${one.output_tokens} out`,
    one.request_id && `request ${one.request_id}`,
  ].filter(Boolean).join(", ");
}
