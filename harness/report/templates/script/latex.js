// A table for a paper in LaTeX, with the rules of booktabs; harness/report/latex.py says the same.
const LONG = 40;
const escapeLatex = (text) => Array.from(text, (one) => LATEX[one] ?? one).join("");
const small = (text) => (text ? `{\\footnotesize ${escapeLatex(text)}}` : "");
const latexRow = (cells) => `${cells.join(" & ")} \\\\`;

function latexHeads(heads) {
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
  return [...found, latexRow(heads.map(({ head }) => escapeLatex(head)))];
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

function toLatex({ title, notes, heads, rows }) {
  const sides = heads.map(({ numeric, wraps }) => (wraps ? "p{5cm}" : numeric ? "r" : "l"));
  const top = ["\\toprule", ...latexHeads(heads), "\\midrule"];
  const columns = sides.join("");
  const caption = `\\caption{${escapeLatex(title)}}`;
  const note = notes.map((text) => `\\par\\footnotesize ${escapeLatex(text)}`);
  const body = latexBody(rows);
  const parts =
    rows.length > LONG
      ? ["% \\usepackage{booktabs,longtable}", "{\\small", `\\begin{longtable}{${columns}}`,
         `${caption}\\\\`, ...top, "\\endfirsthead", ...top, "\\endhead", "\\bottomrule",
         "\\endfoot", ...body, "\\end{longtable}", ...note, "}"]
      : ["% \\usepackage{booktabs}", "\\begin{table}", "\\centering", "\\small", caption,
         `\\begin{tabular}{${columns}}`, ...top, ...body, "\\bottomrule", "\\end{tabular}",
         ...note, "\\end{table}"];
  return `${parts.join("\n")}\n`;
}
