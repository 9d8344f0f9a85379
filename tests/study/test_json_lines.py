from __future__ import annotations

import json
import math

import pytest

from harness.study.json_lines import json_lines

RECORDS = [{"id": "a", "params": {"pre": {"estimate": 0.1 + 0.2}}}, {"id": "é\n", "params": {}}]
CONTENT = {
    "schema": 1,
    "empty": [{}, {}],
    "fits": RECORDS,
    "block": {"inner": {"rows": RECORDS, "none": None, "nothing": {}, "list": [1, 2.5e-300]}},
    "claims": [],
}


def test_nothing_is_lost():
    assert json.loads(json_lines(CONTENT)) == CONTENT


def test_a_record_is_a_line():
    lines = json_lines(CONTENT).splitlines()
    for record in RECORDS:
        own = [json.loads(line.rstrip(",")) for line in lines if line.startswith('{"id"')]
        assert own.count(record) == 2


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_json_does_not_have_is_refused(number):
    with pytest.raises(ValueError, match="JSON"):
        json_lines({"fits": [{"x": number}]})
