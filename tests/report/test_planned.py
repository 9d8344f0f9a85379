"""What holds of the reports of simulations and of power alike."""

from __future__ import annotations

import copy
import html
import re
import subprocess
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from harness.errors import ConfigError
from harness.report import (
    render_power_report,
    render_simulation_report,
    write_power_report,
    write_simulation_report,
)
from harness.study.writing import WRITTEN
from tests.report.planned import METHODS, PROCESSES, build_simulation
from tests.report.powered import build_power
from tests.report.test_page import HOSTILE, Page

SMALL = {"replicates": 200, "processes": {"nb2": PROCESSES["nb2"]},
         "methods": dict(list(METHODS.items())[:2])}  # fmt: skip
MADE = {
    "simulation": (render_simulation_report, write_simulation_report),
    "power": (render_power_report, write_power_report),
}
# What Markdown writes on one line and HTML in two cells, on two lines or as raised letters.
SEAM = re.compile(r" \(| – |\)? a$")
FEWEST_PARTS = 60


def _results(kind: str, edit=None):
    if kind == "simulation":
        return build_simulation(**SMALL, edit=edit)
    return build_power(second=(1.0, 2.0), search=True, edit=edit)


@pytest.fixture(scope="module", params=list(MADE))
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def results(kind):
    return _results(kind)


@pytest.fixture(scope="module")
def files(kind, results):
    return MADE[kind][0](results)


@pytest.fixture(scope="module")
def page(files):
    return Page(files["index.html"].decode("utf-8"))


def test_same_dict_same_files(kind, results, files, tmp_path):
    before = copy.deepcopy(results)
    page = MADE[kind][1](results, tmp_path / "new" / "folder")
    assert results == before
    assert page == tmp_path / "new" / "folder" / "index.html"
    paths = [path for path in page.parent.rglob("*") if path.is_file()]
    written = {path.relative_to(page.parent).as_posix(): path.read_bytes() for path in paths}
    assert sorted(written) == sorted(files)
    assert [name for name in files if files[name] != written[name]] == []
    # What a later run may replace.
    assert {Path(name).parts[0] for name in written} < WRITTEN


@pytest.mark.parametrize("wrong", [{"schema": 2}, {"kind": "claims"}, {"kind": None}])
def test_other_results_are_refused_and_nothing_written(kind, results, tmp_path, wrong):
    with pytest.raises(ConfigError, match=f"this report reads 1 and '{kind}'"):
        MADE[kind][1](results | wrong, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def _hostile(results):
    """Make markup of every text that a study or an engine can bring along."""
    study = results["study"]
    study |= dict.fromkeys(study, HOSTILE)
    results["options"]["command"] = HOSTILE
    processes = results.get("processes") or [results["process"]]
    methods = results.get("methods") or [results["method"]]
    for process in processes:
        process |= {"title": HOSTILE, "formula": HOSTILE, "facts": [[HOSTILE, HOSTILE]]}
    for method in methods:
        words = ("label", "engine", "settings", "family", "impact", "se_method", "reference")
        method.update(dict.fromkeys(words, HOSTILE))
    for row in results.get("performance", []):
        row["reason"] = HOSTILE if row["value"] is None else None
    for point in results.get("points", []):
        point["stopped"] = HOSTILE
    if "audit" in results:
        results["paragraph"] = results["contrast"]["text"] = results["test"] = HOSTILE
        for axis in results["axes"]:
            axis |= {"label": HOSTILE, "unit": HOSTILE}
        differs = {"point": HOSTILE, "replicate": 3, "p_fast": 0.04, "p_audit": 0.06,
                   "explanation": HOSTILE}  # fmt: skip
        results["audit"] |= {"engine": HOSTILE, "settings": HOSTILE, "decisions_differ": [differs]}


def test_hostile_names_are_text(kind):
    files = MADE[kind][0](_results(kind, _hostile))
    source = files["index.html"].decode("utf-8")
    found = Page(source)
    assert {tag for tag, _ in found.tags}.isdisjoint({"script", "iframe", "object"})
    assert found.text.count(" ".join(HOSTILE.split())) > 15
    assert "<script" not in source
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    types = {token.type for token in parser.parse(files["report.md"].decode("utf-8"))}
    assert {"table_open", "fence"} <= types
    assert not types & {"html_block", "html_inline"}


def test_nothing_is_fetched_and_every_link_leads_somewhere(files, page):
    ids = [a["id"] for _, a in page.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href"):
            target = attributes.get(name) or "#findings"
            inside = target[1:] in ids if target.startswith("#") else target in files
            assert inside or target.startswith("data:image/svg+xml,"), (tag, target[:60])
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert images
    assert all(len(image["alt"] or "") > 30 for image in images)


def test_markdown_and_html_say_the_same(files, page):
    plain = html.unescape(re.sub(r"\\(.)", r"\1", files["report.md"].decode("utf-8")))
    for title in re.findall(r"(?m)^##+ (.*)$", plain):
        assert title in page.text
    lines = [line for line in plain.splitlines() if line.startswith("| ") and "---" not in line]
    cells = {cell for line in lines for cell in line.strip("| ").split(" | ")}
    parts = {part.strip("* ").removesuffix(")") for cell in cells for part in SEAM.split(cell)}
    assert len(parts) > FEWEST_PARTS
    assert [part for part in parts if part.strip("*") not in page.text] == []


@pytest.mark.needs_chromium
@pytest.mark.parametrize("width", [375, 1280])
def test_the_page_fits_the_screen(files, chromium, tmp_path: Path, width):
    source = files["index.html"].decode("utf-8")
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe id="f" style="width:{width}px;height:900px;border:0"'
        f' srcdoc="{html.escape(source)}"></iframe><p id="o"></p><script>'
        "f.onload = () => { const d = f.contentDocument;"
        " d.querySelectorAll('details').forEach(x => x.open = true);"
        " const wide = [...d.querySelectorAll('img, pre, figcaption')].filter("
        "x => x.getBoundingClientRect().right > f.clientWidth).length;"
        " o.textContent = `scroll=${d.documentElement.scrollWidth}"
        " client=${d.documentElement.clientWidth} wide=${wide}`; }</script>",
        encoding="utf-8",
    )
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=20000",
        "--window-size=1600,1000", "--dump-dom", frame.as_uri(),
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    said = dom[dom.rindex('<p id="o">') :].split("</p>")[0]
    found = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", said)}
    assert found["client"] > 0
    assert found["scroll"] <= found["client"]
    assert found["wide"] == 0
