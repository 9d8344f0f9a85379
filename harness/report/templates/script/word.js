// A table for a word processor: HTML with its looks written on every cell, since styles stay behind.
const RULE = "1pt solid #000000";

function element(tag, style, ...content) {
  const made = document.createElement(tag);
  if (style) made.setAttribute("style", style);
  made.append(...content);
  return made;
}

function wordCell(tag, { sign = "", text, sub = "", mark = "", strong }, numeric, rules = "") {
  const side = numeric ? "right" : "left";
  const cell = element(tag, `text-align:${side};vertical-align:top;padding:2pt 5pt;${rules}`);
  const words = shown({ sign, text });
  cell.append(strong || tag === "th" ? element("b", "", words) : words);
  if (mark) cell.append(element("sup", "", mark));
  if (sub) cell.append(element("br", ""), element("span", "font-size:8pt", sub));
  return cell;
}

function wordHeads(grid) {
  const rows = [];
  if (grid.heads.some(({ group }) => group)) {
    const cells = spansOf(grid.heads).map(({ group, size }) => {
      const cell = wordCell("th", { text: group }, false, `border-top:${RULE};text-align:center`);
      cell.colSpan = size;
      return cell;
    });
    rows.push(element("tr", "", ...cells));
  }
  const top = rows.length ? "" : `border-top:${RULE};`;
  const cells = grid.heads.map(({ head, numeric }) =>
    wordCell("th", { text: head }, numeric, `${top}border-bottom:${RULE}`),
  );
  return [...rows, element("tr", "", ...cells)];
}

function toWord(grid) {
  const rows = grid.rows.map((row, k) => {
    const end = k === grid.rows.length - 1 ? `border-bottom:${RULE}` : "";
    const cells = row.map((cell, j) => wordCell("td", cell, grid.heads[j].numeric, end));
    return element("tr", "", ...cells);
  });
  const table = element(
    "table",
    "border-collapse:collapse;font-size:10pt",
    element("thead", "", ...wordHeads(grid)),
    element("tbody", "", ...rows),
  );
  const notes = grid.notes.map((note) => element("p", "font-size:8pt", note));
  const parts = [element("p", "", element("b", "", grid.title)), table, ...notes];
  return parts.map((part) => part.outerHTML).join("");
}
