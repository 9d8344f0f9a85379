"""Publications that are not counts by authority in one CSV: people, prices, money, judgements."""

from __future__ import annotations

from harness.sources.england_import.layouts import EXPLORE
from harness.sources.england_import.releases import Publication, Release

DFE = "Department for Education"
ONS = "Office for National Statistics"
ESTIMATES = Release(
    name="ONS mid-year population estimates (CIN 2019-20 EES release)",
    publication=Publication(
        "Characteristics of children in need 2019 to 2020, underlying data: ONS mid-year"
        " population estimates, children aged 0 to 17",
        "2020",
        f"{DFE}, from {ONS}",
        "Explore Education Statistics, 'Characteristics of children in need'",
        "ons_mid-year_population_estimates.csv",
    ),
    layout=EXPLORE,
    years=tuple(range(2012, 2020)),
    series=(),
    signature=("age_group", "population_estimate"),
)
REBASED_AGES = ("0-4", "5-9", "10-14", "15", "16")
REBASED = tuple(
    Publication(
        f"Population estimates - local authority based by single year of age (age {age})",
        "2023 (extracted)",
        ONS,
        "Nomis, 'Population estimates - local authority based by single year of age'",
        f"popest-{age}.csv",
    )
    for age in REBASED_AGES
)
WORKFORCE = Release(
    name="CSWW 2022 EES release",
    publication=Publication(
        "Children's social work workforce, reporting year 2022: headline measures 2017 to 2022",
        "2023",
        DFE,
        "Explore Education Statistics, 'Children's social work workforce'",
        "csww_headline_measures_2017_to_2022.csv",
    ),
    layout=EXPLORE,
    years=(2017, 2018, 2019),
    series=(),
)
INTERACTIVE_TOOL = Publication(
    "Local authority interactive tool (LAIT): children's social work workforce, from 2015",
    "2025 or later (items of 2015 to 2024-25)",
    DFE,
    "GOV.UK, 'Local authority interactive tool (LAIT)'",
    "l_*.parquet",
)
DEFLATOR = Publication(
    "GDP deflators at market prices, and money GDP (financial years, 2018-19 = 100)",
    "2019 or later",
    "HM Treasury",
    "GOV.UK collection 'GDP deflators at market prices, and money GDP'",
    "GDP_deflator.xlsx",
)
EXPENDITURE = Publication(
    "Section 251 outturn, table A1: children's and young people's services, 2009-10 to 2018-19",
    "yearly, 2010 to 2019",
    DFE,
    "GOV.UK collection 'Statistics: local authority and school finance'",
    "expenditure.csv",
)
INSPECTIONS = Publication(
    "Inspection of services for children in need of help and protection, children looked after and"
    " care leavers (Single Inspection Framework): one report an authority",
    "2014 to 2018",
    "Ofsted",
    "reports.ofsted.gov.uk",
    "inspections.csv",
)
