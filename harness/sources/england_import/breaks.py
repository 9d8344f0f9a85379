"""Definitions that changed between releases: what a reader of the panel must know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Break:
    """An indicator, the first financial year ending of the new definition, and what changed."""

    indicator: str
    year: int
    note: str


BREAKS = (
    Break(
        "s47",
        2011,
        "2010 counts children who were the subject of an enquiry, later years count enquiries",
    ),
    Break(
        "re_referrals",
        2011,
        "starts in 2011: referrals within 12 months of an earlier one; 2010 counts children"
        " referred more than once, kept as children_referred_more_than_once",
    ),
    Break(
        "assessments",
        2014,
        "continuous assessments replace initial and core assessments during 2013-14; usable from"
        " 2015. The earlier ones are kept as initial_assessments and core_assessments to 2012",
    ),
    Break("assessments_45days", 2014, "as assessments; the sum of the bands up to 45 working days"),
    Break(
        "icpc_15days",
        2012,
        "published as one number in 2010 and 2011, from 2012 the sum of conferences within 0-10"
        " and 11-15 working days",
    ),
    Break("cin_ended_lt3m", 2012, "starts in 2012: the releases of 2010 and 2011 give no duration"),
    Break(
        "cin_started",
        2013,
        "from 2013 the time series of the 2019-20 release, in episodes and with later revisions;"
        " so cin_31mar, cin_ended, cin_throughout and every other series of the census",
    ),
    Break(
        "cla_care_orders",
        2010,
        "a stock at 31 March: interim plus full care orders; no row where either is suppressed",
    ),
    Break("cla_s20", 2010, "a stock at 31 March, not the children who started under Section 20"),
    Break(
        "cla_ico",
        2011,
        "2010 is published by authority rounded to the nearest 5 (so cla_fco, cla_s20,"
        " cla_placement_order and cla_care_orders)",
    ),
    Break(
        "cla_ceased",
        2018,
        "by authority for 2010 and from 2018 only, in the releases read here",
    ),
    Break(
        "cin_ended",
        2013,
        "the time series counts 2 % (2013) to 9 % (2017) fewer ended episodes than the yearly"
        " releases, in nearly every authority; 2012 is a yearly release, so 2012 and 2013 are not"
        " of one kind. The Department found the flags of ended and any-point episodes of the yearly"
        " releases inconsistent for cases open across two censuses",
    ),
    Break(
        "cin_ended_lt3m",
        2013,
        "as cin_ended: 3 % (2013) to 12 % (2017) fewer than the yearly releases, so the share of"
        " cin_ended changes as well",
    ),
    Break("cin_throughout", 2013, "as cin_ended: 1 % (2013) to 4 % (2017) fewer"),
    Break("cla_throughout", 2011, "starts in 2011"),
    Break(
        "population",
        2012,
        "the published mid-2009 and mid-2010 estimates pre-date the Census of 2011;"
        " population replaces them by a construction (rebased ages 0-16, scaled by the"
        " authority's own mid-2011 ratio), population_published keeps them",
    ),
    Break(
        "exp_safety",
        2012,
        "the line changes from 'Children and Young People's Safety' to safety with children's"
        " social care, and in 2013 to 'Safeguarding Children and Young People's Services'",
    ),
    Break(
        "exp_sure_start",
        2015,
        "the line changes to include early years expenditure, and in 2018 to 'Sure Start"
        " children's centres and other spend on children under 5'; it starts in 2011",
    ),
    Break("exp_young_people", 2012, "starts in 2012"),
    Break(
        "exp_total_cyps_excl_cera",
        2018,
        "2010, 2011, 2018 and 2019 only; the first two are headed budget, the last two expenditure",
    ),
    Break("caseload", 2016, "workforce starts in 2015, cases and caseload in 2016"),
    Break(
        "social_worker_fte",
        2017,
        "2015 and 2016 from the interactive tool, later from the release (so every series of it)",
    ),
)
