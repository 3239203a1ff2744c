// What went wrong, told in plain words: what happened, what to do, and when to try again.

import { element, words } from "./elements.js";
import { shown } from "./text.js";
import { headline } from "./wording.js";

const KEY_HINT = "Enter a key of this service; whoever runs it has one for you.";

const root = document.getElementById("problem");
let countdown = 0;

export function hideProblem() {
  clearInterval(countdown);
  root.hidden = true;
  root.replaceChildren();
}

export function showProblem(problem, { retry }) {
  clearInterval(countdown);
  const { status } = problem;
  const small = [status && `HTTP ${status}`, problem.request && `request ${problem.request}`];
  const again = retry && !problem.final && status !== 401 && status !== 413
    ? element("button", { type: "button" }, "Try again") : null;
  const close = element("button", { type: "button", class: "quiet" }, "Dismiss");
  const said = (text, attributes) => text && element("p", { dir: "auto", ...attributes }, words(shown(text)));
  root.replaceChildren(...[
    element("h2", {}, words(shown(problem.title || headline(status)))),
    said(sentence(problem.detail)),
    said(hint(problem)),
    element("div", { class: "go" }, again, close),
    said(small.filter(Boolean).join(" · "), { class: "small" }),
  ].filter(Boolean));
  root.hidden = false;
  close.addEventListener("click", hideProblem);
  again?.addEventListener("click", () => {
    hideProblem();
    retry();
  });
  if (again && problem.wait > 0) count(again, problem.wait);
  root.scrollIntoView({ block: "nearest" });
}

// The seconds that the service asked for, shown on the button and not read out one by one.
function count(button, wait) {
  const until = Date.now() + wait * 1000;
  const left = element("span", { "aria-hidden": "true" });
  button.disabled = true;
  button.append(left);
  const tick = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    left.textContent = seconds > 0 ? ` in ${seconds} s` : "";
    if (seconds > 0) return;
    clearInterval(countdown);
    button.disabled = false;
  };
  tick();
  countdown = setInterval(tick, 500);
}

// The service's own hints on keys and waiting are for whoever writes a program.
function hint({ status, wait, hint: told }) {
  if (status === 401) return KEY_HINT;
  return wait > 0 ? "" : sentence(told);
}

function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : "";
}
