// What the page asks of the service, and how its answers are read. Addresses are relative:
// the page also works where a proxy puts the service below a path.

// A failure as problem details have it (RFC 9457), or as much of it as there is, and how many
// seconds to wait if that was said.
export class Problem extends Error {
  constructor(told, { status = 0, wait = 0 } = {}) {
    const word = (name) => (typeof told?.[name] === "string" ? told[name] : "");
    super(word("detail") || word("title"));
    this.title = word("title");
    this.detail = word("detail");
    this.hint = word("hint");
    this.request = word("request_id");
    this.final = told?.retryable === false;
    this.status = status || Number(told?.status) || 0;
    this.wait = wait;
  }
}

const QUIET_MILLISECONDS = 60_000;

export function unreachable() {
  return new Problem({
    title: "The service cannot be reached",
    detail: "The connection failed. Your text is still here.",
    hint: "Check the network, and that the service is running.",
  });
}

function brokenOff() {
  return new Problem({
    title: "The answer broke off",
    detail: "The connection ended before the record was complete.",
    hint: "Try again: what came so far was verified, but it is not all.",
  });
}

function silent() {
  return new Problem({
    title: "The service went silent",
    detail: `Nothing came for ${QUIET_MILLISECONDS / 1000} seconds, not even a sign that it is at work.`,
    hint: "Check the network, and try again.",
  });
}

function headers(key, type) {
  const all = { "Content-Type": type };
  if (key) all.Authorization = `Bearer ${key}`;
  return all;
}

function waiting(response) {
  const said = response.headers.get("Retry-After");
  if (!said) return 0;
  const wait = /^\d+$/.test(said) ? Number(said) : (Date.parse(said) - Date.now()) / 1000;
  return Number.isFinite(wait) ? Math.min(Math.max(Math.ceil(wait), 0), 3600) : 0;
}

async function asProblem(response) {
  // What is no JSON is somebody else's answer, a proxy's say: the status has to do.
  const told = await response.json().catch(() => null);
  return new Problem(told, { status: response.status, wait: waiting(response) });
}

async function asked(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, credentials: "same-origin", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (!response.ok) throw await asProblem(response);
  return response;
}

// The events of a stream, as the specification of server-sent events parts them.
export async function* events(body, alive = () => {}) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = { name: "message", data: [] };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      rest += value;
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (event.data.length) yield { name: event.name, data: event.data.join("\n") };
          event = { name: "message", data: [] };
          continue;
        }
        const [, field, content] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
        if (field === "event") event.name = content ?? "";
        if (field === "data") event.data.push(content ?? "");
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

// The record of an article. `onItem(field, item)` is called for each item once it is
// verified; the answer is the record's own JSON. Raises a Problem, and AbortError on `signal`.
export async function summarize(article, { key, signal, onItem }) {
  const quiet = new AbortController();
  let timer = setTimeout(() => quiet.abort(), QUIET_MILLISECONDS);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => quiet.abort(), QUIET_MILLISECONDS);
  };
  try {
    const response = await asked("v1/summaries/stream", {
      method: "POST",
      headers: { ...headers(key, "application/json"), Accept: "text/event-stream" },
      body: JSON.stringify(article),
      signal: AbortSignal.any([signal, quiet.signal]),
    });
    for await (const { name, data } of events(response.body, alive)) {
      if (name === "item") {
        const { field, item } = JSON.parse(data);
        onItem(field, item);
      } else if (name === "summary") {
        return data;
      } else if (name === "error") {
        throw new Problem(JSON.parse(data));
      }
    }
  } catch (error) {
    if (signal.aborted) throw error;
    if (quiet.signal.aborted) throw silent();
    throw error instanceof Problem ? error : brokenOff();
  } finally {
    clearTimeout(timer);
  }
  throw brokenOff();
}

// What a file holds: its text, and what it says of its title and date. No model is asked.
export async function read(file, { key }) {
  const response = await asked("v1/articles", {
    method: "POST",
    headers: headers(key, typeOf(file)),
    body: file,
  });
  return response.json();
}

// A file's name and the system's word for it are guesses: the service looks at the bytes.
function typeOf({ name, type }) {
  if (/\bx?html\b/.test(type) || /\.x?html?$/i.test(name)) return "text/html";
  if (/\.(?:md|markdown)$/i.test(name)) return "text/markdown";
  if (type === "" || type.startsWith("text/")) return "text/plain";
  throw new Problem({
    title: "This file is no text",
    detail: "Give a text, Markdown or HTML file, or paste the article's text.",
  });
}

// The article that is part of the page.
export async function example() {
  return (await asked("page/example.txt", {})).text();
}

// The record as the service writes it: "json", "markdown" or "html".
export async function render(format, text, record, { key }) {
  const response = await asked("v1/render", {
    method: "POST",
    headers: headers(key, "application/json"),
    // The record as it came, so that not a digit of it changes on the way.
    body: `{"format":${JSON.stringify(format)},"text":${JSON.stringify(text)},"summary":${record}}`,
  });
  return response.text();
}
