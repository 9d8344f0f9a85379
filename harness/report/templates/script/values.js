// What a cell says, and where that puts it in the order.
const NUMBER = /(?<![\p{L}\d.])([-\u2212]?)((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?:e([-\u2212+]?\d+))?/giu;
const DASH = /^[\u2013\u2014]?$/;
const texts = new Intl.Collator("en", { numeric: true });

// The words of a cell without its sign, its second line and its raised letters.
function words(cell) {
  const copy = cell.cloneNode(true);
  for (const other of copy.querySelectorAll("small, sup, .mark")) other.remove();
  return oneLine(copy.textContent);
}

const ascii = (text) => text.replaceAll("\u2212", "-");

function numbersIn(text) {
  return [...text.matchAll(NUMBER)].map(([, sign, digits, power]) =>
    Number(`${ascii(sign)}${digits.replaceAll(",", "")}e${ascii(power ?? "0")}`),
  );
}

// The numbers of a cell in turn: an interval is in order by its lower end, then by its upper one;
// "< 0.001" comes just before 0.001; 1/80,000 is what it says. Null where there is nothing.
function numericKey(text) {
  const found = numbersIn(text);
  if (!found.length) return null;
  if (/^[<>\s]*1\/\d/.test(text)) found.splice(0, 2, 1 / found[1]);
  const side = text.includes("<") ? -1 : text.includes(">") ? 1 : 0;
  return [found[0], side, ...found.slice(1)];
}

function sortKey(cell, numeric) {
  if (cell.dataset.order) return [Number(cell.dataset.order)];
  const text = words(cell);
  if (DASH.test(text)) return null;
  return numeric ? numericKey(text) : text.replace(/^[^\p{L}\p{N}]+/u, "");
}

function compareKeys(a, b) {
  if (typeof a === "string") return texts.compare(a, b);
  for (let k = 0; k < Math.min(a.length, b.length); k += 1) {
    if (a[k] !== b[k]) return a[k] - b[k];
  }
  return a.length - b.length;
}
