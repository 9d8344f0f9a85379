// A table of the page as plain data, in the order it is shown in.
function gridOf(figure) {
  const table = figure.querySelector("table");
  const [first, ...more] = table.tHead.rows;
  const last = more.at(-1) ?? first;
  const groups = more.length
    ? [...first.cells].flatMap((cell) => Array(cell.colSpan).fill(oneLine(cell.textContent)))
    : [];
  const heads = [...last.cells].map((cell, k) => ({
    group: groups[k] ?? "",
    head: oneLine(cell.textContent),
    numeric: cell.classList.contains("num"),
    wraps: cell.classList.contains("wraps"),
  }));
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map(cellOf));
  const notes = [...figure.querySelectorAll(".note")].map((note) => oneLine(note.textContent));
  return { title: oneLine(figure.querySelector("strong").textContent), notes, heads, rows };
}

const said = (cell, selector) => oneLine(cell.querySelector(selector)?.textContent ?? "");

function cellOf(cell) {
  return {
    sign: said(cell, ".mark"),
    text: words(cell),
    sub: said(cell, "small"),
    mark: said(cell, "sup"),
    strong: cell.classList.contains("strong"),
  };
}

const shown = ({ sign, text }) => (sign ? `${sign} ${text}` : text);

// Where neighbours share a head: its text, its first column and how many it spans.
function spansOf(heads) {
  const spans = [];
  heads.forEach(({ group }, k) => {
    if (group && spans.at(-1)?.group === group) spans.at(-1).size += 1;
    else spans.push({ group, start: k, size: 1 });
  });
  return spans;
}
