// Tables in another order: up, down, and as they were printed.
const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

// A row without a head of its own belongs to the one above, and moves with it.
function blocksOf(body) {
  const blocks = [];
  for (const row of body.rows) {
    if (blocks.length && !words(row.cells[0])) blocks.at(-1).push(row);
    else blocks.push([row]);
  }
  return blocks;
}

// What says nothing stands last, whichever way the others run.
function ordered(blocks, column, numeric, direction) {
  const factor = direction === "descending" ? -1 : 1;
  const keyed = blocks.map((rows) => [sortKey(rows[0].cells[column], numeric), rows]);
  const known = keyed.filter(([key]) => key !== null);
  known.sort(([a], [b]) => factor * compareKeys(a, b));
  return [...known, ...keyed.filter(([key]) => key === null)].map(([, rows]) => rows);
}

function sortable(table) {
  const body = table.tBodies[0];
  const printed = blocksOf(body);
  if (printed.length < 2) return;
  const heads = [...[...table.tHead.rows].at(-1).cells];
  heads.forEach((head, column) => {
    const name = oneLine(head.textContent);
    const button = makeButton("", "sort", () => {
      const direction = NEXT[head.getAttribute("aria-sort") ?? "none"];
      for (const other of heads) other.removeAttribute("aria-sort");
      if (direction !== "none") head.setAttribute("aria-sort", direction);
      const numeric = head.classList.contains("num");
      const rows = direction === "none" ? printed : ordered(printed, column, numeric, direction);
      body.append(...rows.flat());
      say(direction === "none" ? "As printed" : `Sorted by ${name}, ${direction}`);
    });
    button.append(...head.childNodes);
    head.append(button);
  });
}
