"""Names made safe for files and anchors, each different from every other."""

from __future__ import annotations

import re
from collections.abc import Iterable


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Return a lower-case ASCII slug for each name; equal slugs get a number."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in names:
        if name in found:
            continue
        stem = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-") or "unnamed"
        slug, k = stem, 1
        while slug in taken:
            k += 1
            slug = f"{stem}-{k}"
        taken.add(slug)
        found[name] = slug
    return found
