"""What tests draw their data from, and what they assert: for this package's tests and others'."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.testing.assertions import NotConcordant, assert_concordant

__all__ = ["NotConcordant", "assert_concordant"]


def __getattr__(name: str) -> Any:
    # Imported when first asked for, as in the package itself.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from harness.testing import assertions

    return getattr(assertions, name)
