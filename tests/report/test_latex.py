"""Tables as LaTeX: what is printed is what the table says, and no text is a command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness.report
from harness.report.latex import LONG, WIDE, _signs, escaped, latex
from harness.report.plaintext import visible
from harness.report.tables.table import Cell, Column, Table
from tests.report.kinds import HOSTILE, KINDS, files_of

SIGNS = _signs()
# Longest first: "\\{" is no "{".
PRINTED = re.compile("|".join(re.escape(sign) for sign in sorted(SIGNS.values(), key=len)[::-1]))
READ = {sign: character for character, sign in SIGNS.items()}
# Beside Latin-1, what pdfLaTeX prints without a package.
KNOWN = {chr(code) for code in range(0xA1, 0x100)} | set("–—‘’“”")
ACTIVE = set('\\{}$&#%_^~<>|"`[]*')
ALIGNMENT = re.compile(r"(?<!\\)&")
COMMANDS = re.compile(
    r"\\(?:begin|end)\{(?:table|tabular|longtable)\}(?:\{[lrp{}5cm]+\})?|\\multicolumn\{\d+\}\{c\}"
    r"|\\shortstack\[[lr]\]|\\\\(?=\S)|\\cmidrule\(lr\)\{\d+-\d+\}|\\(?:toprule|midrule|bottomrule|addlinespace|centering|small"
    r"|footnotesize|smallskip|raggedright|par|caption|textbf|textsuperscript|endfirsthead|endhead|endfoot)(?![a-z])|\\\\$"
)


def _printed(text: str) -> str:
    return PRINTED.sub(lambda found: READ[found[0]], text)


@given(st.text(alphabet=st.one_of(st.sampled_from(sorted(SIGNS)), st.characters())))
def test_text_is_printed_as_it_stands(text):
    assert set(PRINTED.sub("", escaped(text))).isdisjoint(ACTIVE)
    assert _printed(escaped(text)) == " ".join(visible(text).split())


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_commands_of_a_table_are_left(kind):
    sources = {n: t.decode() for n, t in files_of(kind).items() if n.endswith(".tex")}
    assert len(sources) > 1
    assert any(escaped(HOSTILE) in source for source in sources.values())
    for name, source in sources.items():
        first, *lines = source.splitlines()
        assert first.startswith("% \\usepackage{booktabs")
        for line in lines:
            bare = PRINTED.sub("", COMMANDS.sub("", line))
            assert set(bare) & ACTIVE <= {"{", "}", "&"}, (name, line)
        left = PRINTED.sub("", "\n".join(lines))
        assert left.count("{") == left.count("}"), name


def _table(n: int) -> Table:
    columns = (Column("A", numeric=False), Column("B", "of b", "Both"), Column("C", "", "Both"))
    row = (Cell("x", "unit"), Cell("−1", "−2 to 0", "strong", mark="a"), Cell("3", sign="◆"))
    return Table("t", "Title", columns, (row,) * n, note="A note.")


def test_a_table_reads_as_it_looks():
    assert latex(_table(2)).splitlines() == [
        "% \\usepackage{booktabs}", "\\begin{table}", "\\centering", "\\small", "\\caption{Title}",
        "\\begin{tabular}{lrr}", "\\toprule", " & \\multicolumn{2}{c}{Both} \\\\",
        "\\cmidrule(lr){2-3}", "A & B & C \\\\", "\\midrule",
        "x & \\textbf{$-$1}\\textsuperscript{a} & $\\diamond$ 3 \\\\",
        "{\\footnotesize unit} & {\\footnotesize $-$2 to 0} &  \\\\", "\\addlinespace",
        "x & \\textbf{$-$1}\\textsuperscript{a} & $\\diamond$ 3 \\\\",
        "{\\footnotesize unit} & {\\footnotesize $-$2 to 0} &  \\\\",
        "\\bottomrule", "\\end{tabular}", "\\par\\smallskip\\raggedright\\footnotesize",
        "A note.\\par", "Both: of b.\\par", "\\end{table}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "printed"),
    [
        ("Digits", "Digits"),
        ("R\nlme4 tight", "R lme4 tight"),
        ("", ""),
        ("Largest SE difference", "\\shortstack[r]{Largest SE\\\\difference}"),
        ("Log-likelihoods", "Log-likelihoods"),
    ],
)
def test_a_long_head_stands_on_short_lines(head, printed):
    source = latex(Table("t", "Title", (Column(head),), ((Cell("1"),),)))
    assert f"\n{printed} \\\\\n" in source


def test_latex_has_a_font_for_every_sign_of_the_report():
    """A sign that it has none for stops LaTeX."""
    package = Path(harness.report.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    used = {character for character in text if not character.isascii()}
    assert used > set("▲▼◆−")
    assert used <= set(SIGNS) | KNOWN


@pytest.mark.parametrize(("text", "side"), [("x" * WIDE, "l"), ("x " * WIDE, "p{5cm}")])
def test_a_column_of_long_texts_is_set_as_a_paragraph(text, side):
    columns = (Column("A", numeric=False), Column("B"))
    rows = ((Cell("a", text), Cell("1", text)), (Cell("b"), Cell("2")))
    for turned in (rows, rows[::-1]):
        assert f"{{{side}r}}" in latex(Table("t", "Title", columns, turned))


# Two lines a row.
@pytest.mark.parametrize(("n", "breaks"), [(LONG // 2, False), (LONG // 2 + 1, True)])
def test_a_long_table_breaks_over_pages_and_repeats_its_heads(n, breaks):
    source = latex(_table(n))
    assert ("\\begin{longtable}{lrr}" in source) is breaks
    assert ("\\begin{table}" in source) is not breaks
    assert source.count("A & B & C") == 1 + breaks
    rows = [line for line in source.splitlines() if line.startswith("x &")]
    assert len(rows) == n
    assert all(len(ALIGNMENT.findall(row)) == 2 for row in rows)
