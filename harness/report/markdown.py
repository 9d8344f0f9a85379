"""The report as Markdown; every text of the study is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.report.blocks import (
    Block,
    Code,
    Findings,
    Fold,
    Glossary,
    Heading,
    Recipes,
    Text,
)
from harness.report.figures.style import Drawing
from harness.report.paths import Paths
from harness.report.plaintext import visible
from harness.report.tables.table import Cell, Table
from harness.report.whole import Document

# What opens markup anywhere in a line, what opens a list or a heading at its start, and addresses.
SPECIAL = re.compile(r"([\\`*_\[\]|~$@]|:(?=//)|^[-+#=](?=\s|$|[-#=]))")
NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
LONGEST = 40


def escaped(text: str) -> str:
    """Return text that no Markdown renderer takes for markup, HTML, a link or a table bar."""
    line = " ".join(visible(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return NUMBERED.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", line))


def fenced(code: str, language: str) -> str:
    """Return a code block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{visible(code).rstrip()}\n{fence}"


def markdown(document: Document, paths: Paths) -> str:
    """Return the report as Markdown.

    Parameters
    ----------
    document : Document
    paths : Paths
    """
    parts = list(_head(document))
    for section in document.sections:
        parts.append(f"## {escaped(section.title)}")
        recipes_seen = 0
        for block in section.blocks:
            if isinstance(block, Recipes):
                recipes_seen += 1
                if recipes_seen > 1:
                    continue
            parts += _block(block, paths)
    return "\n\n".join(parts) + "\n"


def _head(document: Document) -> Iterator[str]:
    status = document.status
    yield f"# {escaped(document.title)}"
    yield f"**{status.heading}.** {escaped(status.sentence)}"
    yield "\n".join(
        f"- {check.sign} **{check.question}** {check.answer}: {escaped(check.figure)}"
        f" {escaped(check.detail)}."
        for check in status.checks
    )
    yield escaped(document.aside_text)


def _block(block: Block, paths: Paths) -> Iterator[str]:
    match block:
        case Text():
            yield f"> {escaped(block.text)}" if block.kind != "plain" else escaped(block.text)
        case Code():
            yield fenced(block.text, block.language)
        case Heading():
            yield f"### {escaped(block.text)}"
        case Findings():
            yield from _findings(block)
        case Glossary():
            yield f"**{escaped(block.title)}**"
            yield "\n".join(f"- **{escaped(w)}**: {escaped(m)}" for w, m in block.items)
        case Table():
            yield from _table(block, paths)
        case Drawing():
            stem = paths.figures[block.name]
            yield f"![{escaped(block.alt)}]({stem}.png)"
            yield f"*{escaped(block.caption)}* [SVG]({stem}.svg) [CSV]({stem}.csv)"
        case Fold():
            yield f"**{escaped(block.summary)}**"
            for inner in block.blocks:
                yield from _block(inner, paths)
        case Recipes():
            yield from _recipes(block)


def _findings(block: Findings) -> Iterator[str]:
    for item in block.items:
        words = escaped(" ".join(item.sentences))
        mark = "**Caution.** " if item.cautious else ""
        check = f" {mark}{escaped(item.check)}" if item.check else ""
        yield f"- **{escaped(item.label)}** ({escaped(item.unit)}). {words}{check}"


def _cell(cell: Cell) -> str:
    text = escaped(cell.shown)
    text = f"**{text}**" if cell.tone == "strong" and text else text
    text = f"[{text}]({cell.file})" if cell.file else text
    text = f"{text} {escaped(cell.mark)}" if cell.mark else text
    return f"{text} ({escaped(cell.sub)})" if cell.sub else text


def _table(table: Table, paths: Paths) -> Iterator[str]:
    yield f"**{escaped(table.title)}**"
    if table.note:
        yield escaped(table.note)
    if table.meanings:
        yield "; ".join(f"*{escaped(head)}*: {escaped(m)}" for head, m in table.meanings) + "."
    if table.origin:
        redone = ", or ".join(escaped(line) for line in table.origin.lines)
        yield f"{escaped(table.origin.text)}{'; to redo: ' if redone else ''}{redone}"
    heads = [f"{c.group} – {c.head}" if c.group else c.head for c in table.columns]
    lines = ["| " + " | ".join(escaped(head) for head in heads) + " |"]
    lines.append("|" + "|".join(" ---: " if c.numeric else " :--- " for c in table.columns) + "|")
    shown = table.rows[:LONGEST] if table.tall else table.rows
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in shown]
    yield "\n".join(lines)
    left = len(table.rows) - len(shown)
    links = [f"[LaTeX]({paths.tables[table.name]}.tex)"]
    if table.csv:
        more = f"{left} more rows: " if left else "Every digit: "
        links.insert(0, f"{more}[{table.csv_file}]({table.csv_file})")
    yield " · ".join(links)


def _recipes(block: Recipes) -> Iterator[str]:
    yield (
        f"Shown here: {escaped(block.label)} ({escaped(block.unit)}). The other analyses are in"
        " index.html and results.json."
    )
    for recipe in block.items:
        fit = recipe.fit
        yield f"### {escaped(fit['id'])}"
        if fit["failure"] is not None:
            yield f"Failed: {escaped(fit['failure'])}"
        yield from (f"**Caution.** {escaped(caution)}" for caution in recipe.cautions)
        yield fenced(fit["reproduce"] or "", fit["language"].lower())
