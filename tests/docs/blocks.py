"""The code blocks of a page of Markdown, and how each kind is run.

    python           in one namespace a page
    sh               by bash, stopping at the first command that fails
    r                by Rscript, in one workspace a page
    yaml             part of a study file, merged over a whole one
    output           what the block before it printed, word for word; ``...`` stands for anything
    any, title="x"   written as the file x; a study file is validated

A block after ``<!-- not run: reason -->`` is not run.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from sybil import Document, Example, Region
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

from harness.study.loading import load_plan

ROOT = Path(__file__).resolve().parents[2]
INFO = re.compile(r"(?P<language>[\w-]*)(?: title=\"(?P<title>[^\"]+)\")?$\n", re.MULTILINE)
NOT_RUN = re.compile(r"<!-- not run: (?P<reason>[^>]+) -->\s*\Z")
# What a part of a study file is merged over.
SKELETON = {
    "study": "wards",
    "title": "Falls before and after the new protocol",
    "source": {
        "reader": "table",
        "path": "wards.csv",
        "columns": {"unit": "ward", "period": "quarter", "event": "started", "stratum": "kind"},
    },
    "strata": {"column": "kind", "labels": {"medical": "medical", "surgical": "surgical"}},
    "indicators": [{"name": "falls", "label": "Falls", "count": "falls", "exposure": "bed_days"}],
    "engines": ["laplace"],
}


def parse(page: Path) -> Document:
    """Return a page with its blocks, of which each can be evaluated."""
    return Document.parse(str(page), Blocks())


def reason_not_to_run(document: Document, region: Region) -> str | None:
    """Return what the comment before a block says, None where there is none."""
    found = NOT_RUN.search(document.text[: region.start])
    return found["reason"] if found else None


@dataclass
class Blocks:
    """Sybil's parser of every block of a page, and what the page has come to so far."""

    printed: str | None = None

    def __call__(self, document: Document) -> Iterator[Region]:
        for region in RawFencedCodeBlockLexer(INFO)(document):
            region.parsed = region.lexemes["source"]
            region.evaluator = self._evaluate
            yield region

    def _evaluate(self, example: Example) -> str | None:
        if reason_not_to_run(example.document, example.region):
            return None
        language, title = example.region.lexemes["language"], example.region.lexemes["title"]
        if title is not None:
            return self._write(title, str(example.parsed))
        if language not in RUN:
            return f"a block of {language or 'no language'} cannot be run: say why not"
        return RUN[language](self, example)

    def _write(self, title: str, text: str) -> None:
        file = Path(title)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        # A file in a folder is something else's configuration.
        if file.suffix == ".yaml" and file.parent == Path():
            load_plan(file)

    def _yaml(self, example: Example) -> None:
        part = YAML(typ="safe").load(str(example.parsed))
        file = Path("fragment.yaml")
        YAML(typ="safe").dump({**SKELETON, **part}, file)
        load_plan(file)
        file.unlink()

    def _python(self, example: Example) -> None:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            PythonEvaluator()(example)
        self.printed = printed.getvalue()

    def _shell(self, example: Example) -> str | None:
        here = sysconfig.get_path("scripts")
        return self._program(
            ["bash", "-euo", "pipefail", "-c", str(example.parsed)],
            PATH=f"{here}{os.pathsep}{os.environ['PATH']}",
            COLUMNS="100",
        )

    def _r(self, example: Example) -> str | None:
        known = 'if (file.exists("page.RData")) load("page.RData")\n'
        Path("page.R").write_text(f'{known}{example.parsed}\nsave.image("page.RData")\n', "utf-8")
        return self._program(["Rscript", "--no-init-file", "page.R"])

    def _program(self, command: list[str], **environment: str) -> str | None:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
            env={**os.environ, **environment}, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        self.printed = done.stdout
        return None if done.returncode == 0 else f"exit code {done.returncode}:\n{done.stdout}"

    def _output(self, example: Example) -> str | None:
        wanted, found = _tidy(str(example.parsed)), _tidy(self.printed or "")
        if doctest.OutputChecker().check_output(wanted, found, doctest.ELLIPSIS):
            return None
        return f"the page says\n{wanted}\nand the block before it prints\n{found}"


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()) + "\n"


RUN: dict[str, Callable[[Blocks, Example], str | None]] = {
    "python": Blocks._python,
    "sh": Blocks._shell,
    "r": Blocks._r,
    "yaml": Blocks._yaml,
    "output": Blocks._output,
}
