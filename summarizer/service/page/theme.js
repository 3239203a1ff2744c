// The theme that was chosen here, else the system's. A script of its own, which runs before
// anything is drawn.
"use strict";
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function stored(theme) {
    try {
      if (theme) localStorage.setItem("theme", theme);
      return localStorage.getItem("theme");
    } catch {
      return theme; // Storage is turned off: a choice holds until the page is left.
    }
  }

  function choose(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  }

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  }

  choose(stored());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const tell = () => button.setAttribute("aria-pressed", String(isDark()));
    button.addEventListener("click", () => {
      choose(stored(isDark() ? "light" : "dark"));
      tell();
    });
    dark.addEventListener("change", tell);
    tell();
  });
})();
