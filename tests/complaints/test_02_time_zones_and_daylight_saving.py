"""Complaint 2: crons in the wrong time zone; storms and holes when the clocks change.

`python -m tests.queue.simulate_zones` does the same with the whole default schedule.
"""

from __future__ import annotations

import pytest

from tests.queue.simulate_zones import ZONES, simulate

CRONS = ("*/15 * * * *", "0 2 * * 0", "30 2 * * *")


@pytest.mark.parametrize("zone", ZONES)
def test_over_all_changes_of_two_years_no_slot_is_missing_or_doubled(zone: str) -> None:
    outcomes = list(simulate(zone, CRONS))
    assert [outcome.cron for outcome in outcomes] == list(CRONS)
    assert all(outcome.changes == 4 and outcome.expected > 3 for outcome in outcomes)
    assert {(outcome.missing, outcome.doubled) for outcome in outcomes} == {(0, 0)}
