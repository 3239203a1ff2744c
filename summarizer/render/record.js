"use strict";
// Shows which stretches of the article an item rests on, and which items rest on a stretch.
// Everything here adds to links that work without it.
(() => {
  const root = document.documentElement;
  const peek = document.getElementById("peek");
  const wide = window.matchMedia("(min-width: 60rem)");
  const items = new Map();
  for (const item of document.querySelectorAll(".item")) items.set(item.id, item);
  const marks = new Map();
  for (const mark of document.querySelectorAll(".mark")) {
    for (const id of idsOf(mark)) marks.set(id, [...(marks.get(id) || []), mark]);
    mark.removeAttribute("title"); // The column says it, beside the mark.
  }
  let pinned = [];
  let origin = null; // The mark from which the keyboard went to an item.

  function idsOf(element) {
    const mark = element.closest(".mark");
    if (mark) return mark.dataset.items.split(" ");
    const item = element.closest(".item");
    return item ? [item.id] : [];
  }

  function show(ids) {
    for (const element of document.querySelectorAll(".on")) element.classList.remove("on");
    root.classList.toggle("picking", ids.length > 0);
    for (const id of ids) {
      const item = items.get(id);
      item.classList.add("on");
      for (const mark of marks.get(id) || []) {
        mark.querySelector("." + item.dataset.kind).classList.add("on");
      }
    }
  }

  function pin(ids) {
    pinned = ids;
    show(ids);
    peek.hidden = true;
  }

  function offer(ids) {
    peek.replaceChildren(...ids.map((id) => {
      const item = items.get(id);
      const link = document.createElement("a");
      link.href = "#" + id;
      link.className = link.dataset.kind = item.dataset.kind;
      link.dir = "auto";
      link.textContent = item.querySelector("p").textContent;
      return link;
    }));
    peek.hidden = false;
  }

  function reveal(element) {
    const fold = element.closest("details");
    if (fold) fold.open = true;
    element.scrollIntoView({ block: "nearest" });
  }

  // What was picked stays picked while the page scrolls under the pointer.
  document.addEventListener("mouseover", (event) => {
    if (!pinned.length) show(idsOf(event.target));
  });
  document.addEventListener("focusin", (event) => {
    const ids = idsOf(event.target);
    show(ids.length ? ids : pinned);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link && link.classList.contains("mark")) {
      event.preventDefault();
      const ids = idsOf(link);
      pin(ids);
      if (wide.matches) reveal(items.get(ids[0]));
      else offer(ids);
      if (event.detail === 0) {
        origin = link;
        (wide.matches ? items.get(ids[0]) : peek.firstElementChild).focus();
      }
      return;
    }
    if (link && peek.contains(link)) {
      peek.hidden = true;
      reveal(items.get(link.hash.slice(1)));
      return;
    }
    const ids = idsOf(event.target);
    pin(ids);
    if (ids.length && !link && !String(window.getSelection())) {
      (marks.get(ids[0]) || [])[0]?.scrollIntoView({ block: "center" });
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    pin([]);
    if (origin) origin.focus();
    origin = null;
  });

  const opened = [];
  window.addEventListener("beforeprint", () => {
    pin([]);
    for (const fold of document.querySelectorAll("details:not([open])")) {
      fold.open = true;
      opened.push(fold);
    }
  });
  window.addEventListener("afterprint", () => {
    for (const fold of opened.splice(0)) fold.open = false;
  });
})();
