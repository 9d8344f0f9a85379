r"""Tables for a paper in LaTeX, with the rules of booktabs, each a file to ``\input``.

``templates/script/latex.js`` makes the same text in the page; tests hold one against the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from textwrap import wrap

from harness.report.plaintext import visible
from harness.report.tables.table import Cell, Table

# More lines, second ones of a row counted, and a table may be broken over pages.
LONG = 40
# A column of words that holds a longer text is set as a paragraph.
WIDE = 32
# Characters of a line of a head, words kept whole.
HEAD = 14


@cache
def _signs() -> dict[str, str]:
    text = (files("harness.report") / "templates" / "latex.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def escaped(text: str) -> str:
    """Return text that LaTeX prints as it stands: no command, no argument of the line before.

    What is no sign of mathematics stays as it is; every LaTeX since 2018 reads UTF-8.
    """
    signs = _signs()
    return "".join(signs.get(character, character) for character in _line(text))


def _line(text: str) -> str:
    return " ".join(visible(text).split())


def latex(table: Table) -> str:
    """Return the table as LaTeX; a long one may be broken over pages."""
    columns = "".join(_side(table, k) for k in range(len(table.columns)))
    top = ["\\toprule", *_heads(table), "\\midrule"]
    caption = f"\\caption{{{escaped(table.title)}}}"
    notes = [f"{escaped(note)}\\par" for note in table.notes]
    notes = ["\\par\\smallskip\\raggedright\\footnotesize", *notes] if notes else []
    body = list(_body(table.rows))
    if sum(1 + any(cell.sub for cell in row) for row in table.rows) > LONG:
        lines = [
            "% \\usepackage{booktabs,longtable}", "{\\small", f"\\begin{{longtable}}{{{columns}}}",
            f"{caption}\\\\", *top, "\\endfirsthead", *top, "\\endhead", "\\bottomrule",
            "\\endfoot", *body, "\\end{longtable}", *notes, "}",
        ]  # fmt: skip
    else:
        lines = [
            "% \\usepackage{booktabs}", "\\begin{table}", "\\centering", "\\small", caption,
            f"\\begin{{tabular}}{{{columns}}}", *top, *body, "\\bottomrule", "\\end{tabular}",
            *notes, "\\end{table}",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _side(table: Table, k: int) -> str:
    """Return how a column is set."""
    column = table.columns[k]
    if column.numeric and not column.wraps:
        return "r"
    texts = (text for row in table.rows for text in (row[k].shown, row[k].sub))
    longest = max((len(_line(text)) for text in texts), default=0)
    return "p{5cm}" if column.wraps or longest > WIDE else "l"


def _row(cells: list[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _heads(table: Table) -> Iterator[str]:
    if table.groups:
        yield _row([_spanning(group, span) for group, span in table.groups])
        at, rules = 1, ""
        for group, span in table.groups:
            rules += f"\\cmidrule(lr){{{at}-{at + span - 1}}}" if group else ""
            at += span
        yield rules
    sides = [_side(table, k)[0] for k in range(len(table.columns))]
    heads = [column.head for column in table.columns]
    yield _row([_stacked(head, side) for head, side in zip(heads, sides, strict=True)])


def _stacked(head: str, side: str) -> str:
    """Return a head of several short lines: a long one would make its column of numbers wide."""
    lines = wrap(_line(head), HEAD, break_long_words=False, break_on_hyphens=False)
    if len(lines) < 2:
        return escaped(head)
    stack = "\\\\".join(map(escaped, lines))
    return f"\\shortstack[{'r' if side == 'r' else 'l'}]{{{stack}}}"


def _spanning(group: str, span: int) -> str:
    return f"\\multicolumn{{{span}}}{{c}}{{{escaped(group)}}}" if group else ""


def _body(rows: tuple[tuple[Cell, ...], ...]) -> Iterator[str]:
    """Yield the rows; what stands on the second line of a cell is a row of its own under it."""
    for k, row in enumerate(rows):
        yield _row([_cell(cell) for cell in row])
        if any(cell.sub for cell in row):
            yield _row([f"{{\\footnotesize {escaped(c.sub)}}}" if c.sub else "" for c in row])
            if k < len(rows) - 1:
                yield "\\addlinespace"


def _cell(cell: Cell) -> str:
    text = escaped(cell.shown)
    text = f"\\textbf{{{text}}}" if cell.tone == "strong" and text else text
    return f"{text}\\textsuperscript{{{escaped(cell.mark)}}}" if cell.mark else text
