"""The one-file HTML report: jinja2 with autoescape, one script, no request to anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jinja2
import markupsafe

from harness.report.paths import Paths, files_beside
from harness.report.plaintext import visible
from harness.report.script import policy, script
from harness.report.whole import Document


def _source(name: str) -> str:
    return (files("harness.report") / "templates" / name).read_text(encoding="utf-8")


def _finalize(value: Any) -> Any:
    # What a macro returns is markup made of values that went through here already.
    return value if isinstance(value, markupsafe.Markup) else visible(str(value))


def environment() -> jinja2.Environment:
    """Return the template environment; everything is escaped unless a template is included."""
    made = jinja2.Environment(
        autoescape=True,
        finalize=_finalize,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(_source),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.tests["kind"] = lambda block, name: type(block).__name__ == name
    return made


def page(document: Document, paths: Paths, numbers: Mapping[str, str]) -> str:
    """Return the report as one HTML page.

    Parameters
    ----------
    document : Document
    paths : Paths
    numbers : mapping of str to str
        The CSV of each figure, by its name.
    """
    template = environment().get_template("report.html.j2")
    return template.render(
        document=document,
        fit_ids=document.fit_ids,
        images=document.images,
        longest=document.longest,
        paths=paths,
        numbers=numbers,
        policy=policy(),
        script=markupsafe.Markup(script()),
        beside=files_beside(document),
    )
