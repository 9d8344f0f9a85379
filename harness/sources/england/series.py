"""What the series of ``panel.csv`` count, and which belong together."""

from __future__ import annotations

from types import MappingProxyType

YEAR = "in the financial year"
STOCK = "at 31 March"
SERIES = MappingProxyType(
    {
        "referrals": f"referrals to children's social care {YEAR}",
        "re_referrals": f"referrals {YEAR} within twelve months of an earlier one",
        "children_referred_more_than_once": "children referred more than once, 2010 only",
        "assessments": f"assessments completed {YEAR}",
        "assessments_45days": f"assessments completed {YEAR} within 45 working days",
        "initial_assessments": f"initial assessments completed {YEAR}, until 2012",
        "core_assessments": f"core assessments completed {YEAR}, until 2012",
        "cin_started": f"episodes of need started {YEAR}",
        "cin_throughout": f"children in need at any time {YEAR}",
        "cin_ended": f"episodes of need ended {YEAR}",
        "cin_ended_lt3m": f"episodes of need ended {YEAR} after less than three months",
        "cin_31mar": f"children in need {STOCK}",
        "s47": f"Section 47 enquiries started {YEAR}",
        "icpc": f"initial child protection conferences {YEAR}",
        "icpc_15days": "initial conferences within 15 working days of the Section 47 enquiry",
        "icpc_d0_10": "initial conferences within 10 working days of the Section 47 enquiry",
        "icpc_d11_15": "initial conferences 11 to 15 working days after the Section 47 enquiry",
        "cpp_started": f"child protection plans started {YEAR}",
        "cpp_ceased": f"child protection plans ended {YEAR}",
        "cpp_ceased_lt3m": f"child protection plans ended {YEAR} within three months",
        "cpp_ceased_3to6m": f"child protection plans ended {YEAR} after three to six months",
        "cpp_ceased_lt6m": f"child protection plans ended {YEAR} within six months",
        "cpp_31mar": f"children on a child protection plan {STOCK}",
        "cpp_repeat": f"child protection plans started {YEAR} that are a second or later one",
        "cla_started": f"children who started to be looked after {YEAR}",
        "cla_ceased": f"children who ceased to be looked after {YEAR}",
        "cla_throughout": f"children looked after at any time {YEAR}",
        "cla_31mar": f"children looked after {STOCK}",
        "cla_ico": f"children looked after {STOCK} under an interim care order",
        "cla_fco": f"children looked after {STOCK} under a full care order",
        "cla_care_orders": f"children looked after {STOCK} under an interim or full care order",
        "cla_s20": f"children looked after {STOCK} under Section 20",
        "cla_placement_order": f"children looked after {STOCK} under a placement order",
    }
)
# Numerator and denominator.
SHARES = (
    ("cin_ended_lt3m", "cin_ended"),
    ("cpp_ceased_lt6m", "cpp_ceased"),
    ("assessments_45days", "assessments"),
    ("icpc_15days", "icpc"),
    ("re_referrals", "referrals"),
    ("cpp_repeat", "cpp_started"),
)
# Not published themselves in every year: sums of two that are.
SUMS = MappingProxyType(
    {
        "cla_care_orders": ("cla_ico", "cla_fco"),
        "cpp_ceased_lt6m": ("cpp_ceased_lt3m", "cpp_ceased_3to6m"),
        "icpc_15days": ("icpc_d0_10", "icpc_d11_15"),
    }
)
# 2014 is the year in which authorities moved from initial and core to single assessments.
FIRST_YEAR = MappingProxyType({"assessments": 2015, "assessments_45days": 2015})
