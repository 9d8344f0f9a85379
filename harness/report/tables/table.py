"""What a table is: columns that say what they mean, cells of text with a tone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "strong", "muted", "good", "near", "bad", "neutral", "head", "name"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Text, a second line (an interval), a tone, where it leads to, a warning, raised letters.

    ``link`` is the id of a fit, ``file`` a path beside the report, ``mark`` letters that the
    table's note explains, ``sign`` a character in front of the text, and ``order`` the place of a
    word among its like, where that is not the alphabet's.
    """

    text: str
    sub: str = ""
    tone: Tone = ""
    link: str = ""
    file: str = ""
    warns: bool = False
    mark: str = ""
    sign: str = ""
    order: int | None = None

    @property
    def shown(self) -> str:
        """The text behind its sign."""
        return f"{self.sign} {self.text}" if self.sign else self.text


@dataclass(frozen=True, slots=True)
class Column:
    """Head, what the column holds, the head it shares with its neighbours, side and wrapping."""

    head: str
    meaning: str = ""
    group: str = ""
    numeric: bool = True
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where numbers come from that are those of no one fit.

    ``anchor`` is the section that lists what they were made from; ``lines`` make them again.
    """

    text: str
    anchor: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; the first ``heads`` cells of a row are its heads.

    ``csv`` is a stem in the folder tables, or a path without ending; ``image`` is such a path.
    A row without a link to its fit is accounted for by ``origin``.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    csv: str = ""
    heads: int = 1
    tall: bool = False
    image: str = ""
    origin: Origin | None = None

    @property
    def csv_file(self) -> str:
        """Path of the CSV below the report's folder."""
        return f"{self.csv}.csv" if "/" in self.csv else f"tables/{self.csv}.csv"

    @property
    def meanings(self) -> list[tuple[str, str]]:
        """Heads and meanings for the caption, each once."""
        seen = {(column.group or column.head, column.meaning): None for column in self.columns}
        return [(head, meaning) for head, meaning in seen if meaning]

    @property
    def notes(self) -> list[str]:
        """What stands under the title: the note, and what the heads mean."""
        meanings = "; ".join(f"{head}: {meaning}" for head, meaning in self.meanings)
        return [text for text in (self.note, f"{meanings}." if meanings else "") if text]

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Group heads with the number of columns under each; empty where there are none."""
        if not any(column.group for column in self.columns):
            return []
        spans: list[tuple[str, int]] = []
        for column in self.columns:
            if spans and column.group and spans[-1][0] == column.group:
                spans[-1] = (column.group, spans[-1][1] + 1)
            else:
                spans.append((column.group, 1))
        return spans

    @property
    def edges(self) -> list[bool]:
        """Whether each column opens a group, and so stands apart from the one before."""
        before = ["", *(column.group for column in self.columns)]
        return [
            bool(column.group or last) and column.group != last
            for column, last in zip(self.columns, before, strict=False)
        ]
