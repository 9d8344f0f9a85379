"""Pages of the repository that lie outside docs/, under the heading "Project"."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
PAGES = {
    "CONTRIBUTING.md": "Contributing",
    "CHANGELOG.md": "Changes",
    "SECURITY.md": "Security",
    "fixtures/certified/README.md": "Certified values",
    "fixtures/triage/README.md": "Are convergence warnings real?",
    "fixtures/england-simulated/README.md": "Simulated England",
}
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>[^)#:\s]+)(?P<anchor>#[^)\s]+)?\)")


def on_config(config: Any) -> Any:
    """List the pages."""
    config.nav.append({"Project": [{title: place(name)} for name, title in _there().items()]})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages, with links that hold in the site."""
    for name in _there():
        text = (ROOT / name).read_text("utf-8")
        linked = LINK.sub(lambda found, name=name: _link(found, name), text)
        files.append(File.generated(config, place(name), content=linked))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Give links from docs/ to files outside it the places that these have in the site."""
    name = f"docs/{page.file.src_uri}"
    if not (ROOT / name).is_file():
        return markdown
    return LINK.sub(lambda found: _link(found, name), markdown)


def place(name: str) -> str:
    """Return where a file of the repository stands in the site."""
    return f"project/{name.removesuffix('.md').replace('/', '-').lower()}.md"


def _there() -> dict[str, str]:
    return {name: title for name, title in PAGES.items() if (ROOT / name).is_file()}


def _link(found: re.Match[str], name: str) -> str:
    """A link to a page of the site; to any other file of the repository its text alone."""
    if "://" in found["target"]:
        return found[0]
    target = ((ROOT / name).parent / found["target"]).resolve()
    if not target.exists():
        if name.startswith("docs/"):  # MkDocs says so, or knows the page as a generated one
            return found[0]
        raise ValueError(f"{name}: there is no {found['target']}, which it links to")
    path = target.relative_to(ROOT).as_posix()
    here = name.removeprefix("docs/") if name.startswith("docs/") else place(name)
    up = "../" * here.count("/")
    if path in _there():
        return f"[{found['text']}]({up}{place(path)}{found['anchor'] or ''})"
    if path.startswith("docs/"):
        return f"[{found['text']}]({up}{path.removeprefix('docs/')}{found['anchor'] or ''})"
    return found["text"]
