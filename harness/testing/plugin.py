"""The pytest plugin: ``concordance``, markers, and study files as tests.

Nothing heavy is imported before a test asks for it: this module is loaded by every pytest session
of an environment that the package is installed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.testing.session import Checker, Session

MARKERS = {
    "needs_r": "needs R with lme4 and glmmTMB; skipped without, or failed with --harness-require-r",
    "slow": "takes long; leave it out by -m 'not slow'",
}
RECORDS = "harness_records"
RECORDS_KEY = pytest.StashKey[list[dict[str, Any]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("harness", "agreement of statistical engines (glmm-harness)")
    group.addoption(
        "--harness-engines", metavar="NAMES",
        help="engines, with commas, of checks that name none (lme4,glmmtmb,laplace)",
    )  # fmt: skip
    group.addoption(
        "--harness-level", choices=("identical", "concordant", "equivalent"),
        help="verdict that checks which name none must reach (concordant)",
    )  # fmt: skip
    group.addoption(
        "--harness-report", metavar="DIR",
        help="write a method-agreement report of everything checked in the session",
    )  # fmt: skip
    group.addoption(
        "--harness-require-r", action="store_true",
        help="fail, rather than skip, what is marked needs_r where R is missing",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    for name, text in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {text}")
    config.stash[RECORDS_KEY] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip or fail what needs R where there is none."""
    if item.get_closest_marker("needs_r") is None:
        return
    from harness.engines.r_installation import r_installation

    found = r_installation()
    reason = found.missing("lme4") or found.missing("glmmTMB")
    if reason is None:
        return
    if item.config.getoption("--harness-require-r"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def harness_session(pytestconfig: pytest.Config) -> Iterator[Session]:
    """What the session's checks share; the fixture ``concordance`` is what tests use."""
    from harness.testing.session import Session

    cache = getattr(pytestconfig, "cache", None)
    names = pytestconfig.getoption("--harness-engines")
    session = Session.opened(
        None if cache is None else Path(cache.mkdir("harness")),
        None if names is None else [name.strip() for name in names.split(",") if name.strip()],
        pytestconfig.getoption("--harness-level"),
    )
    yield session
    pytestconfig.stash[RECORDS_KEY] += session.records
    session.close()


@pytest.fixture
def concordance(harness_session: Session, request: pytest.FixtureRequest) -> Checker:
    """Assert that engines agree: ``concordance(panel, model)``.

    R workers are shared by the session, and what was fitted is kept by its content in pytest's
    cache, so that a second session fits only what has changed. ``harness.testing.Checker``
    describes the arguments.
    """
    from harness.testing.session import Checker

    return Checker(harness_session, request.node.nodeid)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a study file that was named on the command line: ``pytest study.yaml``."""
    named = parent.session.isinitpath(file_path)
    if file_path.suffix not in (".yaml", ".yml") or not named:
        return None
    from harness.testing.study_file import StudyCollector

    return StudyCollector.from_parent(parent, path=file_path)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Gather what a worker of pytest-xdist checked."""
    found = getattr(node, "workeroutput", {}).get(RECORDS, [])
    node.config.stash[RECORDS_KEY] += found


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report, or hand what was checked to the process that does."""
    config = session.config
    records = config.stash[RECORDS_KEY]
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output[RECORDS] = records
        return
    folder = config.getoption("--harness-report")
    if folder is not None and records:
        from harness.report.session import write_session_report

        write_session_report(sorted(records, key=_order), Path(folder))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say where the report is."""
    folder = config.getoption("--harness-report")
    if folder is None:
        return
    if config.stash[RECORDS_KEY]:
        terminalreporter.write_line(f"Method-agreement report: {Path(folder) / 'index.html'}")
    else:
        terminalreporter.write_line("No method-agreement report: no engines were compared")


def _order(record: Mapping[str, Any]) -> tuple[str, str]:
    return record["where"], record["label"]
