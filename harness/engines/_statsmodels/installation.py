"""Which statsmodels is here, and what to install where it is too old."""

from __future__ import annotations

from importlib.metadata import version

# The first whose fit methods take ``rng``.
OLDEST = (0, 15)


def statsmodels_version() -> str:
    """Return the version of statsmodels."""
    return version("statsmodels")


def missing() -> str | None:
    """Return what to install, or None where statsmodels is new enough."""
    found = statsmodels_version()
    if tuple(int(part) for part in found.split(".")[:2]) >= OLDEST:
        return None
    return f"statsmodels {found} is too old: pip install 'statsmodels>={OLDEST[0]}.{OLDEST[1]}'"
