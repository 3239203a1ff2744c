// What is written on the page before it is sent: the text, what is known of it, and the key.

const at = (id) => document.getElementById(id);
const { keys, most } = document.documentElement.dataset;
const STORED = "summarizer-key";

let on = null;
let depth = 0;

export function begin(told) {
  on = told;
  if (keys === "required") askForKey();
  const kept = stored();
  if (kept) {
    at("key").value = kept;
    at("remember").checked = true;
  }
  at("write").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  at("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("write").requestSubmit();
  });
  at("text").addEventListener("input", measure);
  at("file").addEventListener("change", () => {
    const [file] = at("file").files;
    if (file) open(file);
    at("file").value = "";
  });
  at("clear").addEventListener("click", () => {
    fill({ text: "", title: "", published: "" });
    at("text").focus();
  });
  at("example").addEventListener("click", () => on.example());
  for (const id of ["key", "remember"]) at(id).addEventListener("change", keep);
  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) window.addEventListener(type, drag);
  measure();
}

// What was read from a file, or nothing at all.
export function fill({ text, title = null, published = null }) {
  at("text").value = text;
  at("title").value = title ?? "";
  at("published").value = published ?? "";
  at("text").scrollTop = 0;
  measure();
}

export function key() {
  return at("key").value.trim();
}

// `why` stands by the field: on a small screen what else tells of it is out of sight.
export function askForKey(why = "") {
  at("keys").hidden = false;
  at("key-note").textContent = why;
  at("key-note").hidden = !why;
}

export function focusKey() {
  at("key").focus();
}

function send() {
  // The field gives line ends as line feeds; this very text is sent and shown.
  const text = at("text").value;
  const title = at("title").value.trim();
  const article = { text, title: title || null, published: at("published").value || null };
  at("key-note").hidden = true;
  if (!isTooLarge(new Blob([JSON.stringify(article)]).size)) on.send(article);
}

function open(file) {
  if (!isTooLarge(file.size)) on.open(file);
}

function isTooLarge(bytes) {
  if (bytes <= Number(most)) return false;
  on.refuse({
    status: 413,
    detail: `It has ${bytes.toLocaleString("en")} bytes; the service takes ${Number(most).toLocaleString("en")}.`,
    hint: "Give one article at a time.",
  });
  return true;
}

function measure() {
  const text = at("text").value;
  const number = text.trim() ? text.trim().split(/\s+/).length : 0;
  at("size").textContent = number ? `${number.toLocaleString("en")} ${number === 1 ? "word" : "words"}` : "No text yet";
  at("clear").hidden = !text;
}

// The key is kept for this tab alone, and only if that is asked for.
function keep() {
  try {
    if (at("remember").checked && key()) sessionStorage.setItem(STORED, key());
    else sessionStorage.removeItem(STORED);
  } catch {
    at("remember").checked = false;
  }
}

function stored() {
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function drag(event) {
  if (![...event.dataTransfer.types].includes("Files")) return;
  event.preventDefault();
  if (event.type === "dragenter") depth += 1;
  if (event.type === "dragleave") depth -= 1;
  if (event.type === "drop") depth = 0;
  at("drop").hidden = depth <= 0;
  if (event.type !== "drop") return;
  const [file] = event.dataTransfer.files;
  if (file) open(file);
}
