// Taking the record along: to the clipboard, or as a file.

import { element } from "./elements.js";
import { Problem } from "./service.js";

const SAID_MILLISECONDS = 2000;

// `content(format)` promises the record in a format; what came of it is told to `done` or
// `failed`.
export function take(root, { content, done, failed }) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { format } = button.dataset;
    try {
      if (format === "html") save(await content(format), "record.html", "text/html");
      else await copy(content(format));
      say(button, format === "html" ? "Saved" : "Copied");
      done(format === "html" ? "The record was saved" : "Copied to the clipboard");
    } catch (error) {
      failed(error);
    }
  });
}

function say(button, word) {
  button.dataset.label ??= button.textContent;
  button.textContent = word;
  setTimeout(() => { button.textContent = button.dataset.label; }, SAID_MILLISECONDS);
}

async function copy(content) {
  try {
    // A promise, so that a browser still knows that a click began this.
    const blob = content.then((text) => new Blob([text], { type: "text/plain" }));
    blob.catch(() => {}); // told of below
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  } catch {
    // Without encryption a browser has no clipboard for pages, but still the old command.
    if (selected(await content, () => document.execCommand("copy"))) return;
    throw new Problem({
      title: "It was not copied", detail: "The browser does not allow it here.", retryable: false,
    });
  }
}

function selected(text, act) {
  const focused = document.activeElement;
  const field = element("textarea", { class: "visually-hidden", "aria-hidden": "true", tabindex: "-1" });
  field.value = text;
  document.body.append(field);
  field.select();
  const answer = act();
  field.remove();
  focused.focus();
  return answer;
}

function save(content, file, type) {
  const href = URL.createObjectURL(new Blob([content], { type }));
  element("a", { download: file, href }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
