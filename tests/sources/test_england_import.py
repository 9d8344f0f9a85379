"""The importer: small made-up releases, and the real ones cell for cell."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from harness.cli.app import app
from harness.errors import ConfigError, HarnessError, PanelError
from harness.sources.england_import import catalogue, children_in_need, legal_status, looked_after
from harness.sources.england_import.authorities import plain_name, read_authorities
from harness.sources.england_import.cells import add_cells, parse_cell
from harness.sources.england_import.compare import Reason, differences
from harness.sources.england_import.derived import derive
from harness.sources.england_import.files import find_files, find_publication, find_releases
from harness.sources.england_import.inspections import read_inspections
from harness.sources.england_import.money import deflate
from harness.sources.england_import.nomis import read_nomis
from harness.sources.england_import.population import rebase
from harness.sources.england_import.read import cells_frame, read_release
from harness.sources.england_import.releases import Release
from harness.sources.england_import.revisions import revisions, summary
from harness.sources.england_import.run import import_england, read_panel
from harness.sources.england_import.suspicious import flag_suspicious_zeros
from harness.sources.england_import.workforce import join_workforce
from harness.sources.england_import.write import write_folder

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "england"
ENGLAND = Path(os.environ.get("HARNESS_DATA") or SHARED)
# HARNESS_DATA may be a folder that the importer wrote, which has no releases.
needs_releases = (
    pytest.mark.skipif(not (ENGLAND / "raw").is_dir(), reason="HARNESS_DATA has no folder raw")
    if os.environ.get("HARNESS_DATA")
    else pytest.mark.needs_shared("data/england/raw")
)
# Products of double-precision numbers, written with 17 digits and read again.
ROUNDING = 1e-12

WIDE = looked_after.RELEASES[0]  # SFR27_2010_March
LONG = children_in_need.TIME_SERIES[3]  # c2, with a sum of bands
LA_CODES = pd.Index(["202", "921"], name="la_code")


def wide_frame(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    columns = ["geog_l", "geog_c", "geog_n", "MarTotal_2010"]
    return pd.DataFrame(rows, columns=columns, index=range(2, len(rows) + 2), dtype=object)


def long_frame(first: str = "10", second: str = "20", total: str = "1,030") -> pd.DataFrame:
    bands = dict.fromkeys(children_in_need.ASSESSED_WITHIN_45_DAYS, "0")
    rows = [
        {
            "geographic_level": level, "old_la_code": code, "new_la_code": f"E{code}",
            "la_name": code, "time_period": str(year), "Assessments_completed": total,
            **bands, "Same_day": first, "1-10_days": second,
        }
        for year in range(2014, 2021)
        for level, code in (("National", ""), ("Local authority", "202"), ("Local authority", "921"))
    ]  # fmt: skip
    return pd.DataFrame(rows, dtype=object)


def write_release(release: Release, folder: Path, name: str = "", drop: str = "") -> Path:
    """A file of one authority with every column that the release must have."""
    columns = [column for column in release.columns if column != drop]
    cells = {release.layout.level: release.layout.local, release.layout.code: "202"}
    line = ",".join(cells.get(column, "7") for column in columns)
    path = folder / (name or release.publication.file)
    path.write_text(",".join(columns) + "\n" + line + "\n")
    return path


@pytest.mark.parametrize(
    ("text", "count", "published", "flag"),
    [
        ("0", 0, "0", ""),
        (" 1,234 ", 1234, "1234", ""),
        ("1,234,567", 1234567, "1234567", ""),
        *((code, None, code, "suppressed_small") for code in ("x", "c")),
        *((code, None, code, "not_supplied") for code in ("..", ":", "z", ".", "")),
    ],
)
def test_published_cells(text: str, count: int | None, published: str, flag: str) -> None:
    cell = parse_cell(text, "a.csv")
    assert (cell.count, cell.published, cell.flag) == (count, published, flag)


@pytest.mark.parametrize("text", ["12.5", "-3", "1,23", "n/a", "#VALUE!", "1 234"])
def test_cell_that_is_neither_number_nor_code_is_named(text: str) -> None:
    with pytest.raises(PanelError, match=r"^a.csv: row 3: .* is neither a whole number nor one of"):
        parse_cell(text, "a.csv: row 3")


@pytest.mark.parametrize(
    ("texts", "count", "published", "flag"),
    [
        (["3", "4"], 7, "7", ""),
        (["3", "c", ":"], None, "c*", "suppressed_small"),
        (["3", ":"], None, ":", "not_supplied"),
        (["x"], None, "x", "suppressed_small"),
    ],
)
def test_sum_of_bands(texts: list[str], count: int | None, published: str, flag: str) -> None:
    cell = add_cells([parse_cell(text, "a.csv") for text in texts])
    assert (cell.count, cell.published, cell.flag) == (count, published, flag)


def test_rows_are_chosen_by_level_because_england_bears_an_authoritys_number() -> None:
    frame = wide_frame(
        ("National", "921", "England", "64400"), ("LA", "921", "Isle of Wight", "x"),
        ("LA", "202", "Camden", "265"),
    )  # fmt: skip
    cells = read_release(WIDE, frame, "a.csv", LA_CODES).set_index("la_code")
    assert cells.loc["202", "count"] == 265
    assert cells.loc["921", ["published_cell", "flag"]].tolist() == ["x", "suppressed_small"]


def test_authority_without_a_row_keeps_a_flagged_cell() -> None:
    frame = wide_frame(("LA", "202", "Camden", "265"))
    cells = read_release(WIDE, frame, "a.csv", LA_CODES).set_index("la_code")
    assert np.isnan(cells.loc["921", "count"])
    assert cells.loc["921", "flag"] == "not_supplied"


def test_time_series_keeps_its_years_and_sums_its_bands() -> None:
    cells = read_release(LONG, long_frame(second="c"), "c2.csv", LA_CODES)
    assert sorted(set(cells["year"])) == list(range(2014, 2020))
    on_time = cells[cells["indicator"] == "assessments_45days"]
    assert set(on_time["published_cell"]) == {"c*"}
    assert set(cells.loc[cells["indicator"] == "assessments", "count"]) == {1030.0}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("LA", "202", "Camden", "many")], r"^a.csv: row 2, column 'MarTotal_2010': 'many'"),
        (
            [("LA", "202", "Camden", "1"), ("LA", "202", "Camden", "1")],
            "^a.csv: row 3: authority 202 stands twice in 2010",
        ),
        ([("REGION", "202", "Camden", "1")], "^a.csv: no row is about a local authority in 2010"),
    ],
)
def test_bad_rows_are_named(rows: list[tuple[str, str, str, str]], says: str) -> None:
    with pytest.raises(PanelError, match=says):
        read_release(WIDE, wide_frame(*rows), "a.csv", LA_CODES)


@pytest.mark.parametrize(
    "release", catalogue.RELEASES, ids=[release.name for release in catalogue.RELEASES]
)
def test_every_release_is_found_by_its_name_and_misses_its_last_column(
    release: Release, tmp_path: Path
) -> None:
    name = release.publication.file.replace("*", "any").upper()
    path = write_release(release, tmp_path, name)
    frames, paths = find_releases([release], find_files(tmp_path))
    assert paths == {release.name: path}
    assert set(release.columns) == set(frames[release.name].columns)
    lost = release.columns[-1]
    write_release(release, tmp_path, name, drop=lost)
    with pytest.raises(PanelError) as error:
        find_releases([release], find_files(tmp_path))
    assert str(error.value).startswith(f"{name}: this looks like {release.publication.title!r}")
    assert f"there is no column {lost!r}" in str(error.value)
    assert "\n" not in str(error.value)


YEARLY = children_in_need.OSR26_2011


def test_file_under_another_name_is_known_by_its_columns(tmp_path: Path) -> None:
    path = write_release(YEARLY, tmp_path, "download (3).csv")
    _, paths = find_releases(catalogue.RELEASES[1:2], find_files(tmp_path))
    assert paths == {YEARLY.name: path}


def two_alike(folder: Path) -> None:
    write_release(children_in_need.SFR27_2012, folder, YEARLY.publication.file)


def other_year(folder: Path) -> None:
    path = write_release(YEARLY, folder, "new.csv")
    path.write_text(path.read_text().replace("1011", "1819"))


def twice(folder: Path) -> None:
    (folder / "copy").mkdir()
    write_release(YEARLY, folder)
    write_release(YEARLY, folder / "copy")


def unrelated(folder: Path) -> None:
    (folder / "a.csv").write_text("x,y\n1,2\n")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            two_alike,
            "has the name of 'Characteristics .* 2010-11, .* of 'Characteristics .* 2011-12,",
        ),
        (
            other_year,
            "^new.csv: this looks like .*2010-11.* there is no column 'CINEnding1011' and 14 more: did you mean",
        ),
        (twice, "are both named like 'Characteristics of children in need in England, 2010-11"),
        (
            unrelated,
            (
                r"^no file 'osr26-2011ud.csv': it is 'Characteristics .*\(Department for Education, 2011\);"
                r" fetch it from GOV.UK collection 'Statistics: children in need and child protection'$"
            ),
        ),
        (lambda folder: None, "the folder is empty"),
        (lambda folder: folder.rmdir(), "there is no such folder"),
    ],
    ids=["two-alike", "other-year", "twice", "unrelated", "empty", "no-folder"],
)
def test_unknown_layout_and_missing_file(
    tmp_path: Path, make: Callable[[Path], object], says: str
) -> None:
    folder = tmp_path / "releases"
    folder.mkdir()
    make(folder)
    # With the release whose columns the misnamed file has.
    releases = (YEARLY, children_in_need.SFR27_2012) if make is two_alike else (YEARLY,)
    with pytest.raises(HarnessError, match=says):
        find_releases(releases, find_files(folder))


def test_companions_may_lie_above_the_releases(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.csv").write_text("x\n1\n")
    (tmp_path / "expenditure.csv").write_text("x\n1\n")
    publication = catalogue.OTHERS[-2]
    for given in (raw, tmp_path):
        found = find_files(given)
        assert found.files == (raw / "a.csv",)
        assert find_publication(publication, found) == tmp_path / "expenditure.csv"


def test_very_small_authorities_are_left_out_by_their_children() -> None:
    frame = long_frame().assign(region_name="Inner London")
    children = pd.Series({"202": 5000.0, "921": 4999.0})
    authorities = read_authorities(frame, LONG.layout, 2019, children)
    assert authorities.table.index.tolist() == ["202"]
    assert authorities.excluded["children"].to_dict() == {"921": 4999}


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Bristol, City of", "Bristol City of", True),
        ("Barking & Dagenham", "Barking and Dagenham", True),
        ("Medway Towns", "Medway", True),
        ("Bedford Borough", "Bedford", True),
        ("St. Helens", "St Helens", True),
        ("Derby", "Derbyshire", False),
        ("North Lincolnshire", "North East Lincolnshire", False),
    ],
)
def test_name_variants(a: str, b: str, same: bool) -> None:
    assert (plain_name(a) == plain_name(b)) is same


def test_legal_status_is_joined_by_name_and_marked_as_rounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    headings = ["", "All", *legal_status.HEADINGS.values(), "Interim care orders"]
    rows = [headings, ["England", "9", "9", "9", "9", "9", "100"], ["City Of Camden", "9", "25",
            "x", "0", "35", "18"]]  # fmt: skip
    sheet = pd.DataFrame(rows, index=range(1, 4))
    monkeypatch.setattr(legal_status, "read_sheet", lambda path, name: sheet)
    names = pd.Series({"202": "Camden"})
    cells, variants = legal_status.read_legal_status(Path("a.xls"), names)
    found = cells.set_index("indicator")[["count", "flag"]]
    assert found.loc["cla_ico"].tolist() == [25, "rounded_to_5"]
    assert found.loc["cla_fco", "flag"] == "suppressed_small"
    assert found.loc["cla_placement_order"].tolist() == [0, "rounded_to_5"]
    assert variants == {"202": "City Of Camden"}
    with pytest.raises(PanelError, match=r"a.xls, sheet LAA6: there is no row for 'Hackney'"):
        legal_status.read_legal_status(Path("a.xls"), pd.Series({"204": "Hackney"}))


def test_derived_series_need_both_parts_and_keep_the_rounding() -> None:
    cells = cells_frame(
        [
            ("202", 2010, "cla_ico", 20, "20", "rounded_to_5", "s"),
            ("202", 2010, "cla_fco", 5, "5", "rounded_to_5", "s"),
            ("202", 2011, "cla_ico", 21, "21", "", "s"),
            ("202", 2011, "cla_fco", None, "x", "suppressed_small", "s"),
            ("202", 2011, "icpc_d0_10", 1, "1", "", "s"),
            ("202", 2011, "icpc_d11_15", 1, "1", "", "s"),
        ]
    )
    made = derive(cells)
    assert made[["year", "indicator", "count", "flag"]].to_numpy().tolist() == [
        [2010, "cla_care_orders", 25.0, "rounded_to_5"]
    ]


@pytest.mark.parametrize(
    ("indicator", "year", "count", "flag"),
    [
        ("s47", 2010, 0, "zero_suspect_nonreturn"),
        ("icpc", 2010, 0, "zero_suspect_nonreturn"),
        ("assessments", 2014, 0, "zero_transition_year"),
        ("s47", 2011, 0, ""),
        ("cpp_repeat", 2010, 0, ""),
        ("s47", 2010, 7, ""),
    ],
)
def test_zeros_that_are_no_counts(indicator: str, year: int, count: int, flag: str) -> None:
    cells = cells_frame([("202", year, indicator, count, str(count), "", "s")])
    row = flag_suspicious_zeros(cells).iloc[0]
    assert (row["flag"], row["published_cell"]) == (flag, str(count))
    assert np.isnan(row["count"]) if flag else row["count"] == count


def test_rebasing_keeps_the_base_year_and_shares_a_reorganised_area() -> None:
    published = pd.DataFrame(
        {2011: [900, 300, 100, 100], 2012: [1000, 310, 110, 120]},
        index=["202", "835", "836", "837"],
    )
    younger = pd.DataFrame(
        {2010: [850, 200, 250], 2011: [900, 240, 260]}, index=["E09", "E06000059", "E06000058"]
    )
    codes = pd.Series({"202": "E09", "835": "old", "836": "old", "837": "old"})
    rebased = rebase(published, younger, codes)
    assert rebased[2012].tolist() == published[2012].tolist()
    assert rebased.at["202", 2011] == 944  # 850 * 1000 / 900
    assert rebased.loc[["835", "836", "837"], 2011].tolist() == [292, 97, 97]  # 450 * 540 / 500
    with pytest.raises(PanelError, match="no area E10"):
        rebase(published, younger, codes.replace("E09", "E10"))


def test_nomis_has_titles_above_its_table(tmp_path: Path) -> None:
    path = tmp_path / "popest-0-4.csv"
    table = (
        '"local authority: county / unitary (as of April 2021)","mnemonic","2009","2010","2011"\n'
    )
    path.write_text(f'\n"Title"\n"Age :","0 - 4"\n\n{table}\n"A","E1",6,7,8\n\n\n')
    assert read_nomis(path, (2009, 2011)).loc["E1"].tolist() == [6, 8]
    with pytest.raises(PanelError, match=r"^popest-0-4.csv: .*there is no column '2012'"):
        read_nomis(path, (2012,))
    path.write_text("a,b\n1,2\n")
    with pytest.raises(PanelError, match="looks like population estimates of Nomis in an unknown"):
        read_nomis(path, (2009,))


def test_expenditure_in_2019_prices_keeps_the_cash_and_flags() -> None:
    text = {"la_code": "202", "indicator": "exp_cla", "line": "3", "la_name": "Camden"}
    spent = pd.DataFrame(
        [
            {**text, "year": "2010", "total_expenditure": "10.0", "net_current_expenditure": "9"},
            {**text, "year": "2011", "total_expenditure": "10.50", "net_current_expenditure": "9"},
            {**text, "year": "2011", "total_expenditure": "0", "net_current_expenditure": "0"},
        ]
    )
    deflator = pd.DataFrame({"financial_year_ending": [2011], "multiply_to_2019_prices": [1.2]})
    made = deflate(spent, deflator)
    assert made["total_expenditure"].tolist() == ["10.0", "10.50", "0"]
    assert np.isnan(made["total_expenditure_2019_prices"][0])
    assert made["total_expenditure_2019_prices"][1] == pytest.approx(12.6, rel=ROUNDING, abs=0)
    assert made["flag"].tolist() == ["no_deflator", "", "zero_spend"]


def test_workforce_prefers_the_release_and_refuses_text() -> None:
    keys = {"la_code": ["202", "202", "201"], "year": [2016, 2017, 2017]}
    tool = pd.DataFrame({**keys, "indicator": "cases", "value_lait": ["5", "6", "7"]})
    release = tool.iloc[1:].drop(columns="value_lait").assign(value_csww="6.5")
    names = pd.Series({"202": "Camden"})
    made = join_workforce(tool, release, names)
    assert made[["year", "value"]].to_numpy().tolist() == [[2016, 5.0], [2017, 6.5]]
    with pytest.raises(PanelError, match="value_lait, authority 202, 2016, cases: 'five'"):
        join_workforce(tool.assign(value_lait="five"), release, names)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"inspection_year": "2013"}, "column 'inspection_year': '2013' is not right"),
        ({"judgement": "5"}, "column 'judgement': '5' is not right: 1 is outstanding"),
        ({"la_code": "203"}, "Camden has no inspection"),
    ],
)
def test_inspection_year_is_the_financial_year_of_the_start(
    tmp_path: Path, change: dict[str, str], says: str
) -> None:
    path = tmp_path / "inspections.csv"
    row = {
        "la_code": "202", "la_name": "Camden", "judgement": "2", "inspection_year": "2014",
        "inspection_start": "2014-03-31",
    }  # fmt: skip
    names = pd.Series({"202": "Camden"})
    pd.DataFrame([row]).to_csv(path, index=False)
    assert len(read_inspections(path, names)) == 1
    pd.DataFrame([row | change]).to_csv(path, index=False)
    with pytest.raises(PanelError, match=says):
        read_inspections(path, names)


def test_differences_name_each_cell_and_give_known_reasons() -> None:
    reference = pd.DataFrame(
        {"la_code": ["1", "1", "2"], "year": ["2010", "2011", "2010"], "indicator": "s47",
         "count": ["5.0", "", "7.0"], "flag": ["", "x", ""]}
    )  # fmt: skip
    made = reference.iloc[[1, 0]].assign(count=["6.0", "5.0"])
    assert differences(reference.iloc[::-1], reference).empty
    found = differences(made, reference, [Reason("printed anew", year="2011", column="count")])
    assert found.to_numpy().tolist() == [
        ["2", "2010", "s47", "row", "", "there", ""],
        ["1", "2011", "s47", "count", "6.0", "", "printed anew"],
    ]
    with pytest.raises(PanelError, match="has the cell 1, 2010, s47 twice"):
        differences(made, pd.concat([reference, reference]))


def test_revisions_count_authorities_and_their_sum() -> None:
    first = cells_frame([(la, 2013, "s47", n, "", "", "") for la, n in (("1", 10), ("2", 10))])
    used = first.assign(count=[10.0, 9.0])
    found = summary(revisions(first, used))
    assert found[["indicator", "year", "n"]].to_numpy().tolist() == [["s47", 2013, 1]]
    assert found["change"].iloc[0] == pytest.approx(-0.05, rel=ROUNDING, abs=0)
    assert summary(revisions(first, first)).empty


def test_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder({"panel": pd.DataFrame({"a": [1]}), "notes": pd.DataFrame({"b": [1]})}, out)
    write_folder({"panel": pd.DataFrame({"a": [2]})}, out)
    assert [path.name for path in out.iterdir()] == ["panel.csv"]
    assert (out / "panel.csv").read_text() == "a\n2\n"
    assert list(tmp_path.iterdir()) == [out]
    (out / "mine.txt").write_text("")
    with pytest.raises(ConfigError, match=r"holds 'mine.txt', which the importer does not write"):
        write_folder({"panel": pd.DataFrame({"a": [3]})}, out)
    assert (out / "panel.csv").read_text() == "a\n2\n"


def test_command_line_ends_with_one_line_and_writes_nothing(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    write_release(YEARLY, raw)
    done = CliRunner().invoke(app, ["import-england", str(raw), str(out)])
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception).startswith("no file 'sfr27-2010*.xls': it is 'Children looked after")
    assert not out.exists()


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("england") / "out"
    import_england(ENGLAND, out)
    return out


# These return numbers: a failing test prints its variables, and no row of the data may be printed.


def differing_cells(folder: Path) -> int:
    return len(differences(read_panel(folder / "panel.csv"), read_panel(ENGLAND / "panel.csv")))


def differing_lines(folder: Path, name: str) -> int:
    """Lines of a table that the reference does not have, or has in another place."""
    made, reference = (
        pd.read_csv(place / f"{name}.csv", dtype=str, keep_default_na=False)
        for place in (folder, ENGLAND)
    )
    # The reference's workforce keeps authorities that the panel does not have.
    if name == "workforce":
        codes = set(read_panel(folder / "panel.csv")["la_code"])
        reference = reference[reference["la_code"].isin(codes)].reset_index(drop=True)
    if len(made) != len(reference):
        return max(len(made), len(reference))
    return int((made[reference.columns] != reference).any(axis=1).sum())


def column_of_panel(folder: Path, name: str) -> pd.Series[int]:
    return read_panel(folder / "panel.csv")[name].value_counts()


@needs_releases
def test_real_panel_is_the_reference_cell_for_cell(imported: Path) -> None:
    assert column_of_panel(imported, "la_code").size == 150
    assert column_of_panel(imported, "indicator").size == 33
    assert differing_cells(imported) == 0
    # The order of rows and columns is part of the layout, and no difference of cells.
    assert filecmp.cmp(imported / "panel.csv", ENGLAND / "panel.csv", shallow=False)


@needs_releases
def test_real_releases_hold_every_authority(imported: Path) -> None:
    # An empty cell is one of an authority that a release leaves out.
    assert "" not in column_of_panel(imported, "published_cell").index


@needs_releases
@pytest.mark.parametrize("name", ["workforce", "gdp_deflator", "expenditure", "inspections"])
def test_real_companions_are_the_reference(imported: Path, name: str) -> None:
    assert differing_lines(imported, name) == 0


@needs_releases
def test_real_notes_name_what_was_done(imported: Path) -> None:
    notes = pd.read_csv(imported / "notes.csv", dtype=str, keep_default_na=False)
    kinds = notes.groupby("kind")
    excluded = kinds.get_group("excluded_authority")["subject"].tolist()
    assert excluded == ["City of London", "Isles of Scilly"]
    assert set(kinds.get_group("code_change")["la_code"]) == {"390", "825", "929"}
    assert set(kinds.get_group("reorganisation")["la_code"]) == {"825", "835", "836", "837", "928"}
    assert "Medway Towns" in " ".join(kinds.get_group("name_variant")["note"])
    revised = kinds.get_group("revision").set_index(["subject", "year"])["n"].astype(int)
    # What the provenance of the data says of children in need at 31 March: 7 to 34 authorities.
    assert revised["cin_31mar"].tolist() == [7, 16, 13, 34, 16]
    flagged = kinds.get_group("flagged_cells")
    of_panel = flagged["subject"].isin(column_of_panel(imported, "indicator").index)
    flags = column_of_panel(imported, "flag")
    assert flagged.loc[of_panel, "n"].astype(int).sum() == flags.drop("").sum()


def test_document_names_every_file() -> None:
    text = (Path(__file__).parents[2] / "docs" / "england-sources.md").read_text(encoding="utf-8")
    files = [r.publication.file for r in catalogue.RELEASES] + [p.file for p in catalogue.OTHERS]
    assert [file for file in files if f"`{file}`" not in text] == []
