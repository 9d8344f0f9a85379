"""The page's script: small plain files, put together, and the hash that lets them alone run."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

# In this order: each file uses what stands before it.
FILES = (
    "page", "theme", "values", "sort", "grid", "sheet", "word", "clipboard", "latex", "tables",
    "figures", "folds", "start",
)  # fmt: skip


@cache
def script() -> str:
    """Return the script of every page; it depends on nothing, so that its hash is one."""
    folder = files("harness.report") / "templates"
    parts = [(folder / "script" / f"{name}.js").read_text(encoding="utf-8") for name in FILES]
    signs = (folder / "latex.json").read_text(encoding="utf-8").strip()
    return "\n".join(['"use strict";\n{', f"const LATEX = {signs};", *parts, "}\n"])


def policy() -> str:
    """Return the content security policy: no request to anywhere, no script but this one."""
    digest = base64.b64encode(hashlib.sha256(script().encode("utf-8")).digest()).decode("ascii")
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline';"
        f" script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
