"""The command line."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from harness import cli_england, cli_simulation
from harness.certified import run as certified_run
from harness.certified.cases import CERTIFIED_BY_METHOD, case_names, read_case
from harness.cli_redo import redo
from harness.concordance.verdict import Verdict
from harness.engines import engine, engines, require
from harness.engines.base import Settings, Transport
from harness.engines.environment import installed_version
from harness.engines.r_installation import r_installation
from harness.errors import ConfigError, HarnessError
from harness.study import runner
from harness.study.config import Study
from harness.study.loading import built_in_studies, find_study, load_plan, load_study, message
from harness.study.prepared import TIME_LIMIT, RunOptions, prepare_study
from harness.study.store import FILE, ResultStore
from harness.study.writing import check_writable, digest_of, write_run, written_before

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Fit the same multilevel segmented Poisson model in Python and in R, and cross-check it.",
)
# Paths and titles are shown as they are: brackets are no markup, and no line is cut.
console = Console(markup=False, emoji=False, highlight=False, soft_wrap=True)
SHORT_OF_LEVEL = 1
INTERRUPTED = 130


def main() -> None:
    """Run the command line; an error of the harness is one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name may have letters that a terminal or a log of another encoding has not.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(standalone_mode=True)
    except HarnessError as error:
        print(f"harness: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:  # typer turns an interrupt into this
            print("harness: interrupted; no report was written", file=sys.stderr)  # noqa: T201
        raise


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="A built-in study or the path of a study file.")],
    out: Annotated[Path, typer.Option(help="Folder for reports, one folder a study.")] = Path(
        "reports"
    ),
    data: Annotated[
        Path | None, typer.Option(help="Folder that the study's data paths start from.")
    ] = None,
    engines: Annotated[
        str | None, typer.Option(help="Engines instead of the study's own, with commas.")
    ] = None,
    settings: Annotated[str | None, typer.Option(help="default, tight or default,tight.")] = None,
    transport: Annotated[Transport, typer.Option(help="How values reach R.")] = "auto",
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Worker processes; all cores by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything drawn.")] = 20260101,
    level: Annotated[
        Verdict | None, typer.Option(help="Verdict that like-for-like pairs must reach.")
    ] = None,
    time_limit: Annotated[
        float, typer.Option(min=1.0, help="Seconds after which a fit is given up.")
    ] = TIME_LIMIT,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Fit everything anew, whatever was fitted before.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print results.json as well.")] = False,
) -> None:
    """Run a study and write its report.

    Exit codes: 0 every like-for-like pair reaches the level, 1 one does not, 2 bad input,
    3 an engine is missing.

    Examples:  harness run us-traffic   |   harness run my.yaml --engines lme4,laplace --out out
    """
    file = find_study(study)
    chosen = _changed(load_study(file), _names(engines), _names(settings), level)
    options = RunOptions(
        base=data if data is not None else file.parent,
        transport=transport,
        jobs=jobs or _cores(),
        seed=seed,
        time_limit=time_limit,
        command=redo(
            "run", study, data=data, engines=engines, settings=settings, transport=transport,
            seed=seed, level=level, time_limit=time_limit,
        ),
    )  # fmt: skip
    with _progress(quiet=as_json) as report:
        page = _page(chosen, options, out, report, fresh=fresh)
    results = json.loads((page.parent / "results.json").read_text("utf-8"))
    if as_json:
        print(json.dumps(results, allow_nan=False))  # noqa: T201
    else:
        _say(results, page)
    if not results["verdict"]["ok"]:
        raise typer.Exit(SHORT_OF_LEVEL)


def _page(
    study: Study, options: RunOptions, out: Path, progress: runner.Progress, *, fresh: bool
) -> Path:
    """Return the report's page; a report that stands there and would not change stays."""
    prepared = prepare_study(study, options)
    check_writable(out / prepared.study.study)
    store = ResultStore(out / FILE, fresh=fresh)
    try:
        page = written_before(prepared, store, out)
        if page is None:
            done = runner.run_prepared(prepared, progress, store)
            page = write_run(done, out)
            if done.complete:  # what failed is tried again the next time
                store.put(prepared.key, digest_of(page.parent))
    finally:
        store.close()
    return page


def _cores() -> int:
    """Cores that this process may use; macOS does not tell, so all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _changed(
    study: Study, engines: list[str] | None, settings: list[str] | None, level: Verdict | None
) -> Study:
    """The study with the command line's changes; variants keep only engines asked for."""
    changes: dict[str, Any] = {}
    for what, names in (("engines", engines), ("settings", settings)):
        if names is not None:
            _check_list(what, names)
    if engines is not None:
        changes["engines"] = [engine(name).name for name in engines]
        kept = [
            variant.model_copy(update={"engines": [e for e in variant.engines if e in engines]})
            for variant in study.variants
        ]
        changes["variants"] = [variant for variant in kept if variant.engines]
    if settings is not None:
        _check_settings(settings)
        changes["settings"] = settings
    if level is not None:
        changes["level"] = level
    try:
        # Validated anew: an engine named here must be able to fit the study's model.
        return Study.model_validate({**study.model_dump(), **changes})
    except ValidationError as error:
        raise ConfigError(message(error.errors()[0])) from None


def _check_settings(names: list[str]) -> None:
    for name in names:
        if name not in get_args(Settings):
            known = " or ".join(get_args(Settings))
            raise ConfigError(f"settings {name!r} are not known: use {known}")


def _check_list(what: str, names: list[str]) -> None:
    if not names:
        raise ConfigError(f"--{what} names none: give one or more, with commas")
    twice = next((name for k, name in enumerate(names) if name in names[:k]), None)
    if twice is not None:
        raise ConfigError(f"--{what} names {twice!r} twice: name it once")


def _say(results: dict[str, Any], page: Path) -> None:
    counts = results["counts"]
    console.print(f"\n{results['verdict']['sentence']}", style="bold")
    known = counts["pairs_registered"]
    console.print(
        f"Pairs at level {results['study']['level']}: {counts['pairs_at_level']} of"
        f" {counts['pairs_expected']} expected"
        f"{f' and {known} registered as known' if known else ''}; fits: {counts['fits_done']} of"
        f" {counts['fits_expected']}.",
    )
    console.print(f"Report: {page}")


@contextmanager
def _progress(*, quiet: bool) -> Iterator[runner.Progress]:
    """A bar on a terminal, a plain line every tenth of the work in a log."""
    if quiet:
        yield lambda done, expected, what: None
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
            task = bar.add_task("fitting", total=None)
            yield lambda done, expected, what: bar.update(task, total=expected, completed=done)
    else:
        yield _log


def _log(done: int, expected: int, what: str) -> None:
    step = max(1, expected // 10)
    if done % step == 0 or done == expected:
        print(f"{done} of {expected} done ({what})", flush=True)  # noqa: T201


@app.command()
def certify(
    cases: Annotated[str | None, typer.Option(help="Some cases only, with commas.")] = None,
    engines: Annotated[
        str | None, typer.Option(help="Some engines only, with commas; all that are here.")
    ] = None,
    settings: Annotated[str, typer.Option(help="default, tight or default,tight.")] = "tight",
    out: Annotated[Path, typer.Option(help="Folder for reports.")] = Path("reports"),
    transport: Annotated[Transport, typer.Option(help="How values reach R.")] = "auto",
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Worker processes; all cores by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Count the digits that each engine shares with the certified reference values.

    Exit codes: 0 Python's own engine has nine digits of every estimate and seven of every
    standard error, 1 it has not, 2 bad input, 3 an engine asked for is missing.

    Examples:  harness certify   |   harness certify --cases ships,mmec --engines laplace,lme4
    """
    chosen = _certified_engines(_names(engines))
    _check_settings(_names(settings) or [])
    found = certified_run.certify(
        [read_case(name) for name in _names(cases) or case_names()],
        chosen,
        [cast(Settings, name) for name in _names(settings) or []],
        transport=transport,
        jobs=jobs or _cores(),
        progress=(lambda done, expected, what: None) if as_json else _log,
    )
    page = certified_run.write_digits(found, out / "certified")
    if as_json:
        print(certified_run.digits_frame(found).to_json(orient="records"))  # noqa: T201
    else:
        console.print(page.read_text(encoding="utf-8"))
        console.print(f"Table: {page}")
    if not all(row.enough for row in found if row.engine == "laplace"):
        raise typer.Exit(SHORT_OF_LEVEL)


def _certified_engines(names: list[str] | None) -> list[str]:
    """The engines asked for, or all with a certified method that can run here."""
    if names is None:
        every = engines().values()
        return [e.name for e in every if e.method in CERTIFIED_BY_METHOD and not e.missing()]
    _check_list("engines", names)
    require(names)
    return names


@app.command()
def studies() -> None:
    """List the built-in studies."""
    for name, path in built_in_studies().items():
        console.print(f"{name}: {load_plan(path).title}")


@app.command()
def check(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Say which engines can run here, with versions, and the command that mends what is missing."""
    r = r_installation()
    rows = [
        {
            "engine": e.name,
            "language": e.language,
            "version": e.version(),
            "missing": e.missing(),
            "optional": e.optional,
        }
        for e in engines().values()
    ]
    found = {
        "r": r.version,
        "rscript": r.rscript,
        "r_packages": dict(r.packages),
        "rpy2": installed_version("rpy2-rinterface"),
        "engines": rows,
    }
    if as_json:
        print(json.dumps(found))  # noqa: T201
    else:
        _say_check(found)
    if any(row["missing"] and not row["optional"] for row in rows):
        raise typer.Exit(3)


def _say_check(found: dict[str, Any]) -> None:
    console.print(f"R: {found['r'] or 'not found'}")
    console.print(
        f"rpy2-rinterface: {found['rpy2'] or 'not installed; Rscript is used instead'}",
    )
    for row in found["engines"]:
        state = f"missing: {row['missing']}" if row["missing"] else f"ready ({row['version']})"
        console.print(f"{row['engine']} ({row['language']}): {state}")


cli_england.register(app)
cli_simulation.register(
    app, cli_simulation.Terminal(console.print, lambda quiet: _progress(quiet=quiet), _cores)
)
