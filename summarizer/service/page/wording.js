// The words of the page: what a reader calls things, and reasons in plain words.

export const FIELDS = ["what", "who", "where", "when", "reactions", "background"];

export const TITLES = {
  what: "What",
  who: "Who",
  where: "Where",
  when: "When",
  reactions: "Reactions",
  background: "Background",
  uncited: "Not cited",
  missing: "No answer",
};

export const UNVERIFIED = "The article does not name this speaker near the evidence.";

export const REASONS = {
  evidence_missing: "It quotes nothing from the article.",
  evidence_too_short: "What it quotes is too short to prove anything.",
  evidence_not_in_article: "What it quotes does not stand in the article.",
  evidence_is_furniture: "It rests on a menu, a caption or a related headline alone.",
  name_not_in_article: "It names someone or something that the article does not name.",
  name_not_in_evidence: "The name does not stand near the evidence.",
  number_not_in_evidence: "A number in it does not stand in or near the evidence.",
  time_not_in_article: "The article does not have this expression of time.",
  empty_text: "It says nothing.",
  duplicate: "The same item is there already.",
  quote_not_in_article: "The quotation does not stand in the article.",
  quote_not_in_quotation_marks: "The article does not put these words in quotation marks.",
  date_malformed: "The date is none that can be read.",
  date_disagrees: "The date disagrees with the article's own words.",
  date_without_reference: "The article gives no date that this one could be counted from.",
  date_without_words: "The article's words do not give this date.",
  country_unknown: "There is no such country code.",
  country_disagrees: "The country is not the one that the article means.",
  role_not_in_article: "The article does not give this title.",
};

const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December",
];

// An EDTF date or interval as people write one.
export function date(edtf) {
  return edtf.split("/").map((part) => {
    const [year, month, day] = part.split("-");
    return [day && String(Number(day)), month && MONTHS[Number(month) - 1], year]
      .filter(Boolean).join(" ");
  }).join(" to ");
}

export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

// What tells an item from others of its kind, in a few words.
export function name(kind, item) {
  if (kind === "who" || kind === "where") return item.name;
  if (kind === "when" || kind === "uncited") return item.text;
  if (kind === "missing") return item.reason;
  return kind === "reactions" ? item.speaker : item.statement;
}

// What an item says, on one line.
export function gist(kind, item) {
  if (kind === "who") return item.role ? `${item.name}, ${item.role}` : item.name;
  if (kind === "when") return item.date ? `${date(item.date)}: ${item.event}` : item.event;
  if (kind === "reactions") return `${item.speaker}: ${item.statement}`;
  return name(kind, item);
}

export function seconds(value) {
  if (value < 1) return `${Math.max(1, Math.round(value * 1000))} ms`;
  return value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

// What an answer without problem details means, from a proxy say, by its status.
export function headline(status) {
  if (status === 401) return "A key is needed";
  if (status === 408 || status === 504) return "No answer came in time";
  if (status === 413) return "The article is too large";
  if (status === 429) return "There were too many requests";
  if (status === 503) return "The service is busy";
  return status >= 500 ? "The service failed" : "This cannot be summarized";
}
