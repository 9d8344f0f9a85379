"""What one pytest session shares: R workers, fits by content, and what was checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.concordance.compare import Concordance
from harness.concordance.verdict import Verdict
from harness.design import Design
from harness.engines.base import FitOptions
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.study.answers import Bench
from harness.study.store import ResultStore
from harness.testing.assertions import ENGINES, LEVEL, Asked, checked, concordance_of
from harness.testing.records import record_of

TIME_LIMIT = 600.0


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A pytest session.

    Attributes
    ----------
    engines : tuple of str
        Where a test names none.
    level : str
        Where a test names none.
    records : list of dict
        What was checked, plain data, for the report.
    """

    store: ResultStore
    engines: tuple[str, ...] = ENGINES
    level: Verdict = LEVEL
    records: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def opened(
        cls, cache: Path | None, engines: Sequence[str] | None, level: Verdict | None
    ) -> Session:
        """Open a session whose fits are kept in a folder from one to the next."""
        store = ResultStore(None if cache is None else cache / "fits.sqlite")
        return cls(store, tuple(engines or ENGINES), level or LEVEL)

    def close(self) -> None:
        """Close the store."""
        self.store.close()


@dataclass(frozen=True, slots=True, eq=False)
class Checker:
    """The fixture ``concordance``: ``assert_concordant`` within a session.

    Attributes
    ----------
    where : str
        The test, for the report.
    """

    session: Session
    where: str

    def __call__(
        self,
        data: Panel | Design,
        model: SegmentedPoisson | None = None,
        *,
        engines: Sequence[str] | None = None,
        level: Verdict | None = None,
        stratum: str = "all",
        label: str = "",
        **options: Any,
    ) -> Concordance:
        """Assert that engines agree; see ``harness.testing.assert_concordant``.

        Parameters
        ----------
        engines, level
            Those of ``--harness-engines`` and ``--harness-level`` by default.
        label : str
            What the report calls this check, beside the test.
        **options
            Of ``harness.engines.FitOptions``: settings, se_method, n_quadrature, transport, seed.
        """
        asked = Asked(
            tuple(engines or self.session.engines), level or self.session.level, stratum,
            replace(FitOptions(), **options),
        )  # fmt: skip
        bench = Bench(self.session.store, 1, TIME_LIMIT, lambda what: None)
        found = concordance_of(data, model, asked, bench)
        self.session.records.append(record_of(found, self.where, label, asked.level))
        return checked(found, asked.level)
