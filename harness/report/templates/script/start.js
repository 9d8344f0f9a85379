// Without this file, or without scripts at all, the page is complete: everything here is added.
document.documentElement.classList.add("scripted");

document.addEventListener("DOMContentLoaded", () => {
  document.body.append(live, zoom);
  themeSwitch();
  foldContents();
  for (const figure of document.querySelectorAll("figure.table")) {
    sortable(figure.querySelector("table"));
    tableTools(figure);
  }
  document.querySelectorAll("figure.drawing").forEach(figureTools);
  for (const box of document.querySelectorAll(".code")) {
    const code = box.querySelector("pre");
    box.append(copyButton(box.dataset.label || "these lines", () => [code.textContent]));
  }
  followReading();
  if (location.hash) openTo(location.hash);
  addEventListener("hashchange", () => openTo(location.hash));
  addEventListener("beforeprint", () => zoom.close());
});
