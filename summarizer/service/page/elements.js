// Elements, made of text nodes and other elements alone: no string is ever read as HTML.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(attribute, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// Words of the article or the model, which may be in any language, run from right to left or
// hold characters that turn the order around: kept to themselves.
export function words(text, name = "bdi", attributes = {}) {
  return element(name, { dir: name === "bdi" ? null : "auto", lang: "", ...attributes }, text);
}
