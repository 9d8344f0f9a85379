"""Releases of the children in need census: which file, which column, which series."""

from __future__ import annotations

from harness.sources.england_import.layouts import (
    EXPLORE,
    FIRST_RELEASE,
    FIRST_RELEASE_ONS,
)
from harness.sources.england_import.releases import Layout, Publication, Release, Series

DFE = "Department for Education"
WHERE = "GOV.UK collection 'Statistics: children in need and child protection'"
EXPLORE_YEARS = tuple(range(2013, 2020))


def _series(pairs: dict[str, str]) -> tuple[Series, ...]:
    return tuple(Series(indicator, (column,)) for indicator, column in pairs.items())


def _yearly(
    name: str, title: str, published: str, file: str, year: int, columns: dict[str, str],
    layout: Layout = FIRST_RELEASE, *, population: str = "", later_revised: bool = False,
) -> Release:  # fmt: skip
    return Release(
        name=name,
        publication=Publication(title, published, DFE, WHERE, file),
        layout=layout,
        years=(year,),
        series=_series(columns),
        signature=(population,) if population else (),
        later_revised=later_revised,
    )


OSR28_2010 = _yearly(
    "OSR28-2010",
    "Children in need in England, including their characteristics and further information on"
    " children who were the subject of a child protection plan (2009-10 Children in Need census,"
    " final), OSR28/2010, underlying data",
    "2010",
    "osr28-2010ud.csv",
    2010,
    {
        "children_referred_more_than_once": "ChildrenReferredIn0910MoreThanOnce",
        "cin_31mar": "CINAt310310",
        "cin_ended": "CINEnding0910",
        "cin_started": "CINStarting0910",
        "cin_throughout": "CINThro0910",
        "core_assessments": "CAs0910",
        "cpp_31mar": "CPPAt310310",
        "cpp_ceased": "CPPCeased0910",
        "cpp_ceased_3to6m": "CPPCeased0910Duration3-6mths",
        "cpp_ceased_lt3m": "CPPCeased0910Duration<3mths",
        "cpp_repeat": "CPPin0910SecondTime",
        "cpp_started": "CPPIn0910",
        "icpc": "ICPCin0910",
        "icpc_15days": "ICPC15daysofS470910",
        "initial_assessments": "IAs0910",
        "referrals": "Referrals0910",
        "s47": "S47in0910",
    },
    population="Mid2009Pop0-17",
)
OSR26_2011 = _yearly(
    "OSR26-2011",
    "Characteristics of children in need in England, 2010-11, final, OSR26/2011, underlying data",
    "2011",
    "osr26-2011ud.csv",
    2011,
    {
        "cin_31mar": "CINAt310311",
        "cin_ended": "CINEnding1011",
        "cin_started": "CINStarting1011",
        "cin_throughout": "CINThro1011",
        "core_assessments": "CAs1011",
        "cpp_31mar": "CPPAt310311",
        "cpp_ceased": "CPPCeased1011",
        "cpp_ceased_3to6m": "CPPCeased1011Duration3-6mths",
        "cpp_ceased_lt3m": "CPPCeased1011Duration<3mths",
        "cpp_repeat": "CPPin1011SecondTime",
        "cpp_started": "CPPIn1011",
        "icpc": "ICPCin1011",
        "icpc_15days": "ICPC15daysofS471011",
        "initial_assessments": "IAs1011",
        "re_referrals": "ReferralsWithin12mths1011",
        "referrals": "Referrals1011",
        "s47": "S47in1011",
    },
    population="Mid2010Pop0-17",
)
SFR27_2012 = _yearly(
    "SFR27-2012",
    "Characteristics of children in need in England, 2011-12, final, SFR27/2012, underlying data",
    "2012",
    "SFR27-2012ud.csv",
    2012,
    {
        "cin_31mar": "CINAt310312",
        "cin_ended": "CINEnding1112",
        "cin_ended_lt3m": "CINEnding1112Duration<3mths",
        "cin_started": "CINStarting1112",
        "cin_throughout": "CINThro1112",
        "core_assessments": "CAs1112",
        "cpp_31mar": "CPPAt310312",
        "cpp_ceased": "CPPCeased1112",
        "cpp_ceased_3to6m": "CPPCeased1112Duration3-6mths",
        "cpp_ceased_lt3m": "CPPCeased1112Duration<3mths",
        "cpp_repeat": "CPPStart1112SecondTime",
        "cpp_started": "CPPStart1112",
        "icpc": "ICPC1112",
        "icpc_d0_10": "ICPC0-10days1112",
        "icpc_d11_15": "ICPC11-15days1112",
        "initial_assessments": "IAs1112",
        "re_referrals": "ReferralsWithin12mths1112",
        "referrals": "Referrals1112",
        "s47": "S471112",
    },
    population="Mid2011Pop0-17",
)


def _revised(
    name: str, title: str, published: str, file: str, year: int, columns: dict[str, str]
) -> Release:
    return _yearly(
        name, title, published, file, year, columns, FIRST_RELEASE_ONS, later_revised=True
    )


def _columns(span: str, day: str, **other: str) -> dict[str, str]:
    """Columns named alike from 2013 to 2017; ``span`` is as 1213, ``day`` as 310313."""
    return {
        "cin_31mar": f"CINAt{day}",
        "cin_ended": f"CINEnding{span}",
        "cin_ended_lt3m": f"CINEnding{span}Duration<3mths",
        "cin_started": f"CINStarting{span}",
        "cin_throughout": f"CINThro{span}",
        "cpp_31mar": f"CPPAt{day}",
        "cpp_repeat": f"CPPStart{span}SecondTime",
        "icpc": f"ICPCin{span}",
        "re_referrals": f"ReferralsWithin12mths{span}",
        "referrals": f"Referrals{span}",
        "s47": f"S47{span}",
        **other,
    }


YEARLY_2013_TO_2017 = (
    _revised(
        "SFR45-2013",
        "Characteristics of children in need in England, 2012-13, SFR45/2013, underlying data",
        "2013",
        "SFR45-2013ud.csv",
        2013,
        _columns("1213", "310313", icpc="ICPC1213"),
    ),
    _revised(
        "SFR43-2014",
        "Characteristics of children in need in England, 2013-14, SFR43/2014, underlying data",
        "2014",
        "SFR43-2014.csv",
        2014,
        _columns("1314", "310314"),
    ),
    _revised(
        "SFR41-2015",
        "Characteristics of children in need: 2014 to 2015, SFR41/2015, underlying data",
        "2015",
        "SFR41-2015_Underlying_data.csv",
        2015,
        _columns("1415", "310315", assessments="Assessments1415"),
    ),
    _revised(
        "SFR52-2016",
        "Characteristics of children in need: 2015 to 2016, SFR52/2016, underlying data",
        "2016",
        "SFR52_2016_UD.csv",
        2016,
        _columns("1516", "310316", assessments="Assessments1516"),
    ),
    _revised(
        "SFR61-2017",
        "Characteristics of children in need: 2016 to 2017, SFR61/2017, underlying data",
        "2017",
        "SFR61-2017_UD.csv",
        2017,
        _columns(
            "1617",
            "310317",
            assessments="Assessments1617",
            cin_31mar="CINAt310316",  # printed so in the file of 2017
            cin_ended="CINEpisodesEnding1617",
            cin_started="CINEpisodesStarting1617",
            cin_throughout="CINEpisodesThro1617",
        ),
    ),
)


def _explore(
    table: str, content: str, series: tuple[Series, ...], signature: tuple[str, ...] = ()
) -> Release:
    return Release(
        name=f"CIN 2019-20 EES release:{table}",
        publication=Publication(
            f"Characteristics of children in need 2019 to 2020, underlying data {table}: {content}",
            "2020",
            DFE,
            "Explore Education Statistics, 'Characteristics of children in need'",
            f"{table}_*.csv",
        ),
        layout=EXPLORE,
        years=EXPLORE_YEARS,
        series=series,
        signature=signature,
    )


B1 = _explore(
    "b1",
    "children in need",
    _series(
        {
            "cin_31mar": "At31_episodes",
            "cin_ended": "Ended_episodes",
            "cin_started": "Started_episodes",
            "cin_throughout": "Anypoint_episodes",
        }
    ),
    ("region_name",),
)
ASSESSED_WITHIN_45_DAYS = (
    "Same_day", "1-10_days", "11-20_days", "21-30_days", "31-40_days", "41-45_days",
)  # fmt: skip
TIME_SERIES = (
    B1,
    _explore(
        "b5",
        "duration of ended episodes",
        _series({"cin_ended_lt3m": "3_months"}),
        ("Ended_episode",),
    ),
    _explore(
        "c1",
        "referrals and re-referrals",
        _series({"re_referrals": "Re_referrals", "referrals": "Referrals"}),
    ),
    _explore(
        "c2",
        "duration of assessments",
        (
            Series("assessments", ("Assessments_completed",), years=tuple(range(2014, 2020))),
            Series(
                "assessments_45days",
                ASSESSED_WITHIN_45_DAYS,
                source="CIN 2019-20 EES release:c2 (sum of bands <=45 days;"
                " c* = a band suppressed)",
                years=tuple(range(2014, 2020)),
            ),
        ),
    ),
    _explore(
        "c4",
        "Section 47 enquiries and initial child protection conferences",
        _series(
            {
                "icpc": "ICPC",
                "icpc_d0_10": "Duration_0-10_days",
                "icpc_d11_15": "Duration_11-15_days",
                "s47": "Section47",
            }
        ),
    ),
    _explore(
        "d1",
        "child protection plans",
        _series({"cpp_31mar": "CPP_At31", "cpp_ceased": "CPP_end", "cpp_started": "CPP_start"}),
    ),
    _explore(
        "d3",
        "child protection plans that are a second or subsequent plan",
        _series({"cpp_repeat": "CPP_subsequent"}),
    ),
    _explore(
        "d7",
        "child protection plans that ended, by length of time",
        _series({"cpp_ceased_3to6m": "3_6_months", "cpp_ceased_lt3m": "3_months"}),
        ("CPP_End",),
    ),
)
