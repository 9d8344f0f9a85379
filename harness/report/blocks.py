"""What a section is made of; HTML and Markdown are two ways of writing these down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.report.figures.style import Drawing
from harness.report.findings import Finding
from harness.report.reading import Record
from harness.report.tables.table import Table


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; "warning" and "aside" stand out."""

    text: str
    kind: Literal["plain", "warning", "aside"] = "plain"


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to copy; those of language "text" are prose or formulas, and wrap.

    ``fit`` is the id of the fit that they redo.
    """

    text: str
    language: str = "yaml"
    fit: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, one item an indicator."""

    items: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Glossary:
    """Words and what they mean."""

    title: str
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One fit: its digits, the lines that redo it by hand, and what to know before trusting it."""

    fit: Record
    digits: Table
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipes:
    """All fits of one analysis."""

    label: str
    unit: str
    items: tuple[Recipe, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks behind a line that opens them."""

    summary: str
    blocks: tuple[Text | Findings | Table | Drawing, ...]


Block = Text | Code | Heading | Findings | Glossary | Recipes | Fold | Table | Drawing


@dataclass(frozen=True, slots=True)
class Section:
    """Anchor, title and blocks."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def drawings(self) -> list[Drawing]:
        """The figures of this section, folded ones included."""
        return [block for block in self._all_blocks if isinstance(block, Drawing)]

    @property
    def tables(self) -> list[Table]:
        """The tables of this section, folded ones included."""
        return [block for block in self._all_blocks if isinstance(block, Table)]

    @property
    def _all_blocks(self) -> list[Block]:
        found: list[Block] = []
        for block in self.blocks:
            found += block.blocks if isinstance(block, Fold) else (block,)
        return found

    @property
    def open_drawings(self) -> list[Drawing]:
        """The figures that are seen without opening anything."""
        return [block for block in self.blocks if isinstance(block, Drawing)]
