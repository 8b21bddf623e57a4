"""How the tier and the reasons of one suggestion are packed into 63 bits, and how they are spelled out again.

    bits  0-17  six slots of 3 bits, strongest contribution first; a Reason, or 0 after the last
    bits 18-23  quiz percent - 60
    bits 24-28  distance in whole km
    bits 29-34  place of the shared goal among the viewer's goals (ascending goal code), from 0
    bits 35-61  three places of 9 bits among the viewer's interests (rarest first), from 1; 0 after the last
    bit  62     tier A

The view feed.match_score unpacks the same bits in SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class Reason(IntEnum):
    """What speaks for a suggestion, one kind per factor that can; ties in contribution keep this order."""

    QUIZ = 1
    INTERESTS = 2
    NEARBY = 3
    GOAL = 4
    HIGHLY_RATED = 5
    NEW_HERE = 6


QUIZ_SHIFT, NEARBY_SHIFT, GOAL_SHIFT, INTEREST_SHIFT, TIER_SHIFT = 18, 24, 29, 35, 62
QUIZ_BASE_PERCENT = 60


def tier(facts: int) -> str:
    """Tell the tier, A or B."""
    return "A" if facts >> TIER_SHIFT & 1 else "B"


def reasons(facts: int, interests: Sequence[str], goals: Sequence[str]) -> list[str]:
    """Spell out the reasons, strongest first; `interests` and `goals` are the viewer's, in packing order."""
    spelled: list[str] = []
    for slot in range(6):
        match facts >> 3 * slot & 7:
            case 0:
                break
            case Reason.QUIZ:
                spelled.append(f"quiz_compatible_{QUIZ_BASE_PERCENT + (facts >> QUIZ_SHIFT & 63)}")
            case Reason.INTERESTS:
                places = [facts >> INTEREST_SHIFT + 9 * i & 511 for i in range(3)]
                spelled += [f"shared_interest_{interests[place - 1]}" for place in places if place]
            case Reason.NEARBY:
                spelled.append(f"nearby_{facts >> NEARBY_SHIFT & 31}km")
            case Reason.GOAL:
                spelled.append(f"shared_goal_{goals[facts >> GOAL_SHIFT & 63]}")
            case Reason.HIGHLY_RATED:
                spelled.append("highly_rated")
            case Reason.NEW_HERE:
                spelled.append("new_here")
    return spelled
