// A table for a spreadsheet: tabs to paste, commas to keep.
const PLAIN = /^[-+]?\d[\d.]*(?:e[-+]?\d+)?$/i;

// Text that a spreadsheet would take for a formula is held back; no line and no tab stays.
const guarded = (text) => (/^[=+\-@]/.test(text) && !PLAIN.test(text) ? `'${text}` : text);

// Numbers as programs read them, without brackets and marks; a dash says that there is nothing.
function forSheet(text, numeric) {
  if (DASH.test(text)) return "";
  if (!numeric) return guarded(text);
  const bare = ascii(text).replace(/(?<=\d),(?=\d{3})/g, "");
  return guarded(bare.replace(/^\((.*)\)$/, "$1"));
}

// What was said of a number by a sign before it, a letter behind it or brackets round it.
const asides = ({ sign, mark, text }) =>
  [sign, mark, /^\(.*\)$/.test(text) ? "in brackets" : ""].filter(Boolean).join(" ");

// What stands on a second line, and what marks a number, have columns of their own, so that
// numbers stay numbers.
function columnsOf(grid) {
  return grid.heads.flatMap(({ group, head, numeric }, k) => {
    const cells = grid.rows.map((row) => row[k]);
    const name = guarded((group ? `${group}: ${head}` : head).replace(/^[=+\-@\s]+/, ""));
    const found = [[name, ({ text }) => forSheet(text, numeric)]];
    if (numeric && cells.some(asides)) found.push([`${name} (mark)`, (cell) => guarded(asides(cell))]);
    if (cells.some(({ sub }) => sub)) {
      found.push([`${name} (second line)`, ({ sub }) => guarded(ascii(sub))]);
    }
    return found.map(([title, write]) => [title, ...cells.map(write)]);
  });
}

function sheetOf(grid) {
  const columns = columnsOf(grid);
  return columns[0].map((_, k) => columns.map((column) => column[k]));
}

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const lines = (sheet, join) => sheet.map((row) => `${join(row)}\n`).join("");
const toTsv = (grid) => lines(sheetOf(grid), (row) => row.join("\t"));
const toCsv = (grid) => lines(sheetOf(grid), (row) => row.map(quoted).join(","));
