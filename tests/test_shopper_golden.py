"""What the shopper's app computes by itself is what Python says: its own tests read it too."""

from __future__ import annotations

import json

from golden.make_shopper import FILE, PROFILES, STRANGE, expand, profile_json, read_number, verdicts


def test_numbers_are_read_as_written_down():
    """Right ones and wrong ones."""
    expected = json.loads(FILE.read_text())
    assert {each: read_number(each) for each in expected["numbers"]} == expected["numbers"]
    assert {each: expand(each) for each in expected["upc_e"]} == expected["upc_e"]


def test_verdicts_are_those_written_down():
    """Each product against each profile, the words too."""
    expected = json.loads(FILE.read_text())
    assert [profile_json(each) for each in PROFILES] == expected["profiles"]
    for product, wanted in zip(STRANGE, expected["products"], strict=True):
        assert verdicts(product) == wanted["verdicts"]
