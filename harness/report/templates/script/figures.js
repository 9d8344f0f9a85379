// Figures: enlarged in a dialog, kept as SVG, and their numbers as CSV, from the page alone.
const zoom = document.createElement("dialog");
zoom.className = "zoom";
zoom.setAttribute("aria-label", "Enlarged figure");

// As large as fits; on a screen where that is small, as large as it was drawn.
function enlarge(picture) {
  const large = picture.cloneNode();
  large.style.setProperty("--drawn", `${picture.getAttribute("width")}px`);
  const frame = element("div", "", large);
  frame.className = "frame";
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", "Figure");
  const size = makeButton("Larger", "tool", () => grow(size.getAttribute("aria-pressed") !== "true"));
  const grow = (wanted) => {
    size.setAttribute("aria-pressed", String(wanted));
    zoom.classList.toggle("larger", wanted);
  };
  const shut = makeButton("Close", "tool", () => zoom.close());
  const bar = element("div", "", size, " ", shut);
  bar.className = "bar";
  zoom.replaceChildren(bar, frame);
  zoom.showModal();
  grow(frame.clientWidth < 0.7 * Number(picture.getAttribute("width")));
  shut.focus();
}

// A file of its own has no dark page to follow: the light colours stand in place of the variables.
function plainSvg(picture) {
  const svg = decodeURIComponent(picture.src.slice(picture.src.indexOf(",") + 1));
  const rule = /<style>:root\{(.*?)\}.*?<\/style>/s.exec(svg);
  const colours = Object.fromEntries(rule[1].split(";").map((pair) => pair.split(":")));
  return svg.replace(rule[0], "").replace(/var\((--c\d+)\)/g, (_, name) => colours[name]);
}

const KINDS = { svg: "image/svg+xml", csv: "text/csv" };

function figureTools(figure) {
  const picture = figure.querySelector("img");
  if (!picture) return;
  const link = picture.closest("a");
  link.replaceWith(picture);
  picture.addEventListener("click", () => button.focus() ?? enlarge(picture));
  const button = makeButton("Enlarge", "tool", () => enlarge(picture));
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-label", `Enlarge: ${picture.alt}`);
  const content = {
    svg: () => plainSvg(picture),
    csv: () => figure.querySelector("template").content.textContent,
  };
  for (const file of figure.querySelectorAll(".files a")) {
    const name = file.getAttribute("href").split("/").at(-1);
    const kind = name.split(".").at(-1);
    if (!(kind in content)) continue;
    file.addEventListener("click", (event) => {
      event.preventDefault();
      save(name, KINDS[kind], content[kind]());
    });
  }
  figure.querySelector(".files").prepend(button, " ");
}
