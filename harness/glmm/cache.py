"""Keep numba's cache true to the code.

numba keeps what it compiled beside each file and compares that file's time only: a function that
was inlined from another file may change unseen, after a pull into an editable install for one.
Importing this module, before any compiled one, drops every index older than the newest source.
"""

from __future__ import annotations

from pathlib import Path

# Files whose functions are compiled, or whose constants and types go into what is.
COMPILED = (
    "arrays", "compiled", "dense", "densities", "exponential", "groups", "hessian", "kernel",
    "lanes", "modes", "node_gradient", "nodes", "quadrature", "start", "sums",
)  # fmt: skip


def drop_stale(folder: Path, names: tuple[str, ...] = COMPILED) -> list[Path]:
    """Remove the cache indexes of a folder if one is older than the newest of its sources.

    Returns
    -------
    list of Path
        What was removed; the functions then compile anew.
    """
    indexes = list((folder / "__pycache__").glob("*.nbi"))
    newest = max((folder / f"{name}.py").stat().st_mtime for name in names)
    try:
        if all(path.stat().st_mtime >= newest for path in indexes):
            return []
        for path in indexes:
            path.unlink(missing_ok=True)
    except OSError:  # another process drops them too, or may and this one may not
        return []
    return indexes


drop_stale(Path(__file__).parent)
