"""Write the table of planted faults:  python -m tests.faults.table"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.faults.planted import FAULTS, PASSED, Fault
from tests.faults.planting import honest_fits, planted

TABLE = Path(__file__).parents[2] / "docs" / "planted-faults.md"
HEAD = """# Planted faults

What the harness must catch: each fault is planted alone, in one of two fits that otherwise agree,
and must end below `concordant` with the cause that was named beforehand. The last rows lie below
the limits of `concordant` and pass, as they should. Written by `python -m tests.faults.table`;
`tests/faults/test_planted.py` plants every one of them anew.

| fault | size | in | cause named beforehand | verdict | evidence |
|---|---|---|---|---|---|
"""


def columns_known_beforehand(fault: Fault) -> list[str]:
    return [f"| {fault.name}", fault.magnitude, fault.engine, fault.cause]


def line(fault: Fault, honest: dict) -> str:  # type: ignore[type-arg]
    with tempfile.TemporaryDirectory() as place:
        found = planted(fault, honest, Path(place))
    why = found.explanation
    assert why is not None
    assert why.cause == fault.cause, (fault.name, why)
    return " | ".join([*columns_known_beforehand(fault), found.verdict, f"{why.evidence} |"])


def main() -> None:
    honest = honest_fits()
    rows = [line(fault, honest) for fault in (*FAULTS, *PASSED)]
    TABLE.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
