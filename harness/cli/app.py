"""The commands, one file each; what a command works with is imported when it runs."""

from __future__ import annotations

from types import ModuleType
from typing import Annotated

import typer

from harness.cli import certify, check, england, new, power, run, simulate, studies
from harness.cli.options import examples

WRONG_USAGE = 2

app = typer.Typer(
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "harness check",
        "harness run us-traffic",
        "harness new wards.csv",
        "harness --install-completion",
    ),
)


def _add(name: str, module: ModuleType, short: str) -> None:
    function = getattr(module, name.replace("-", "_"))
    app.command(name, short_help=short, epilog=module.EXAMPLES)(function)


_add("new", new, "a study file from a CSV file")
_add("check", check, "what is here, what is missing, what a study asks for")
_add("run", run, "run a study and write its report")
_add("simulate", simulate, "bias, coverage and error rates of methods")
_add("power", power, "power of a design, and the design for a power")
_add("certify", certify, "digits of every engine against certified values")
_add("studies", studies, "the built-in studies")
_add("import-england", england, "official releases into one panel")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"harness {version('glmm-harness')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def harness(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which it is.")
    ] = False,
) -> None:
    """Fit the same multilevel segmented Poisson model in Python and in R, and cross-check it.

    Every command explains itself: harness run --help.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(WRONG_USAGE)
