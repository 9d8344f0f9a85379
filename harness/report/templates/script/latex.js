// A table for a paper in LaTeX, with the rules of booktabs; harness/report/latex.py says the same.
const LONG = 40;
const WIDE = 32;
const HEAD = 14;
const lengthOf = (text) => Array.from(text).length;
const escapeLatex = (text) => Array.from(text, (one) => LATEX[one] ?? one).join("");
const small = (text) => (text ? `{\\footnotesize ${escapeLatex(text)}}` : "");
const latexRow = (cells) => `${cells.join(" & ")} \\\\`;

// A head of several short lines: a long one would make its column of numbers wide.
function stacked(head, side) {
  const lines = [];
  for (const word of head.split(" ")) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && lengthOf(longer) <= HEAD) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const set = lines.map(escapeLatex);
  return set.length > 1 ? `\\shortstack[${side === "r" ? "r" : "l"}]{${set.join("\\\\")}}` : set[0];
}

function latexHeads(heads, sides) {
  const found = [];
  if (heads.some(({ group }) => group)) {
    const spans = spansOf(heads);
    found.push(
      latexRow(
        spans.map(({ group, size }) =>
          group ? `\\multicolumn{${size}}{c}{${escapeLatex(group)}}` : "",
        ),
      ),
      spans
        .filter(({ group }) => group)
        .map(({ start, size }) => `\\cmidrule(lr){${start + 1}-${start + size}}`)
        .join(""),
    );
  }
  return [...found, latexRow(heads.map(({ head }, k) => stacked(head, sides[k])))];
}

function latexCell(cell) {
  const text = escapeLatex(shown(cell));
  const set = cell.strong && text ? `\\textbf{${text}}` : text;
  return cell.mark ? `${set}\\textsuperscript{${escapeLatex(cell.mark)}}` : set;
}

// What stands on the second line of a cell is a row of its own under it.
function latexBody(rows) {
  return rows.flatMap((row, k) => {
    const found = [latexRow(row.map(latexCell))];
    if (row.some(({ sub }) => sub)) {
      found.push(latexRow(row.map(({ sub }) => small(sub))));
      if (k < rows.length - 1) found.push("\\addlinespace");
    }
    return found;
  });
}

function sideOf({ numeric, wraps }, cells) {
  if (numeric && !wraps) return "r";
  const longest = Math.max(0, ...cells.flatMap((cell) => [shown(cell), cell.sub].map(lengthOf)));
  return wraps || longest > WIDE ? "p{5cm}" : "l";
}

function toLatex({ title, notes, heads, rows }) {
  const sides = heads.map((head, k) => sideOf(head, rows.map((row) => row[k])));
  const top = ["\\toprule", ...latexHeads(heads, sides), "\\midrule"];
  const columns = sides.join("");
  const caption = `\\caption{${escapeLatex(title)}}`;
  const note = notes.map((text) => `${escapeLatex(text)}\\par`);
  if (note.length) note.unshift("\\par\\smallskip\\raggedright\\footnotesize");
  const body = latexBody(rows);
  const parts =
    rows.reduce((n, row) => n + 1 + row.some(({ sub }) => sub), 0) > LONG
      ? ["% \\usepackage{booktabs,longtable}", "{\\small", `\\begin{longtable}{${columns}}`,
         `${caption}\\\\`, ...top, "\\endfirsthead", ...top, "\\endhead", "\\bottomrule",
         "\\endfoot", ...body, "\\end{longtable}", ...note, "}"]
      : ["% \\usepackage{booktabs}", "\\begin{table}", "\\centering", "\\small", caption,
         `\\begin{tabular}{${columns}}`, ...top, ...body, "\\bottomrule", "\\end{tabular}",
         ...note, "\\end{table}"];
  return `${parts.join("\n")}\n`;
}
