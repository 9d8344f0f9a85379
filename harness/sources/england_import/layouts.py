"""The three layouts in which the Department for Education published figures by authority."""

from __future__ import annotations

from harness.sources.england_import.releases import Layout

# Underlying data of statistical first releases, one file a year. England bears the number 921
# there, which is the Isle of Wight's: rows are chosen by level, never by number alone.
FIRST_RELEASE = Layout(level="geog_l", local="LA", code="geog_c", name="geog_n")
FIRST_RELEASE_ONS = Layout(
    level="geog_l", local="LA", code="geog_c", name="geog_n", ons="new_la_code"
)
LOOKED_AFTER = Layout(level="geog_l", local="LA", code="geog_c", name="geog_n", ons="New_geog_code")
# Explore Education Statistics: one file a table, years below one another.
EXPLORE = Layout(
    level="geographic_level",
    local="Local authority",
    code="old_la_code",
    name="la_name",
    ons="new_la_code",
    year="time_period",
)
