"""Command ``check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.known import complete_study
from harness.cli.options import AsJson, Data, Out, examples
from harness.cli.terminal import say, say_json
from harness.errors import EngineUnavailable
from harness.study.built_in import find_study

if TYPE_CHECKING:
    from harness.cli.planned import Plan

EXAMPLES = examples(
    "harness check",
    "harness check us-traffic",
    "harness check my.yaml --data data --json",
)


def check(
    study: Annotated[
        str | None,
        typer.Argument(
            help="A built-in study or the path of a study file: its data and its plan too.",
            autocompletion=complete_study,
        ),
    ] = None,
    data: Data = None,
    out: Out = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Say what is here and what is missing, with the command that mends it; nothing is fitted.

    With a study: is its file right, what do its data hold, and how many fits are they to be, how
    many of them done before. Exit codes: 0 all that is needed is here, 2 bad input, 3 an engine is
    missing.
    """
    file = None if study is None else find_study(study)
    from harness.cli.machine import installation, lines_of

    found = installation(out)
    plan = None
    if file is not None and study is not None:
        from harness.cli.planned import plan_of

        plan = plan_of(study, file, data, out)
    if as_json:
        say_json({**found, "study": plan.data} if plan else found)
    else:
        for line in lines_of(found):
            say(line)
        if plan:
            from harness.cli.planned import plan_lines

            say()
            for line in plan_lines(plan):
                say(line)
    needed = [row for row in found["engines"] if row["missing"] and _needed(row, plan)]
    if needed:
        raise typer.Exit(EngineUnavailable.exit_code)


def _needed(engine: dict[str, Any], plan: Plan | None) -> bool:
    """Whether the study asks for an engine; without a study all but the optional ones count."""
    return not engine["optional"] if plan is None else engine["engine"] in plan.data["engines"]
