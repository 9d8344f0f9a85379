// The buttons over a table: copy it, keep it as CSV or as LaTeX.
function tableTools(figure) {
  const grid = () => gridOf(figure);
  const { title } = gridOf(figure);
  const file = figure.dataset.file || "table";
  const keep = (text, suffix, type, write) => {
    const button = makeButton(text, "tool", () => save(`${file}.${suffix}`, type, write(grid())));
    button.setAttribute("aria-label", `${text} of ${title}`);
    return button;
  };
  const copying = copyButton(`table: ${title}`, () => [toTsv(grid()), toWord(grid())]);
  const tools = element("span", "");
  tools.className = "tools";
  tools.append(
    copying,
    keep("CSV", "csv", "text/csv", toCsv),
    keep("LaTeX", "tex", "application/x-tex", toLatex),
  );
  figure.querySelector("figcaption strong").after(" ", tools);
}
