"""The job user-interest-sets: feed.user_interest_set from app.user_interests."""

from __future__ import annotations

import numpy as np
import psycopg
from pydantic import Field

from feedscore import Column
from feedscore.population import MAX_INTERESTS_PER_PERSON, Int64

from ...context import DryRun, JobContext, JobParameters
from ...db.columns import fetch
from ...registry import Budget, Group, Job
from ..estimate import preview_users
from ..grouped import owners
from ..ids import Slice, fetch_scope, fetch_users, rows_of, slices
from ..write import Output, write_people
from .sets import InterestSets, interest_sets, keep_newest

VERSION = "1"
READS = ("app.users", "app.interests", "app.user_interests")
PEOPLE_AT_A_TIME = 100_000
# The interests there are.
INTERESTS = "SELECT id FROM app.interests WHERE id IS NOT NULL"
# Who chose what, among a slice of people.
CHOICES = """
SELECT user_id, array_agg(interest_id) FROM app.user_interests
WHERE user_id > %(after)s AND user_id <= %(until)s AND interest_id IS NOT NULL GROUP BY user_id
"""
# Who chose what, among named people.
CHOICES_OF = """
SELECT user_id, array_agg(interest_id) FROM app.user_interests
WHERE user_id = ANY (%(users)s) AND interest_id IS NOT NULL GROUP BY user_id
"""
# When named people chose what; an unknown time counts as long ago.
TIMES_OF = """
SELECT user_id, interest_id,
  CASE WHEN isfinite(created_at) THEN extract(epoch FROM created_at)::float8 ELSE 0 END
FROM app.user_interests WHERE user_id = ANY (%(users)s) AND interest_id IS NOT NULL
"""
CHOICE_KINDS = {"user_id": "int8", "interests": "int8[]"}
TIME_KINDS = {"user_id": "int8", "interest_id": "int8", "chosen_at": "float8?"}


class InterestSetParameters(JobParameters):
    """What user-interest-sets can be told."""

    batch_size: int = Field(
        default=20_000, ge=1, description="People in one batch, each committed by itself."
    )


def user_interest_sets(context: JobContext) -> None:
    """Collect each person's interests into one ascending set, the 500 chosen last where there are more."""
    parts: list[tuple[Int64, Int64, InterestSets]] = []
    with context.database.connection() as connection:
        context.run.step("reading interests")
        scope = fetch_scope(connection, context.parameters.user_id)
        known = np.unique(fetch(connection, INTERESTS, {"id": "int8"}).int64("id"))
        people = fetch_users(connection) if scope is None else scope
        for part in slices(people, PEOPLE_AT_A_TIME):
            context.run.check_stop()
            parts.append(_collect(connection, context, people[part.start : part.stop], part, known))
    write_people(context, Output("feed.user_interest_set", _columns(parts, known), scope), VERSION)


def _collect(
    connection: psycopg.Connection,
    context: JobContext,
    people: Int64,
    part: Slice,
    known: Int64,
) -> tuple[Int64, Int64, InterestSets]:
    """Give the people of a slice, how many interests each chose, and the sets after the cut."""
    query = CHOICES_OF if context.parameters.user_id else CHOICES
    params = {"after": part.after, "until": part.until, "users": people}
    chosen = fetch(
        connection, query, CHOICE_KINDS, params, rows_per_chunk=context.parameters.candidate_batch_size
    )
    items, _ = chosen.int64_lists("interests")
    person, here = rows_of(people, owners(chosen, "user_id", "interests"))
    interest, exists = rows_of(known, items[here])
    sets = interest_sets(person[exists], interest, people=len(people), interests=len(known))
    sizes = sets.sizes
    context.run.tell(
        rows_scanned=len(items),
        choices_of_nobody=int((~here).sum()),
        choices_of_no_interest=int((~exists).sum()),
        choices_repeated=len(interest) - len(sets.interest),
        people_cut_at_500=int((sizes > MAX_INTERESTS_PER_PERSON).sum()),
    )
    too_many = np.flatnonzero(sizes > MAX_INTERESTS_PER_PERSON)
    if len(too_many):
        sets = _cut(connection, people, known, sets, people[too_many])
    return people, sizes, sets


def _cut(
    connection: psycopg.Connection, people: Int64, known: Int64, sets: InterestSets, of: Int64
) -> InterestSets:
    chosen = fetch(connection, TIMES_OF, TIME_KINDS, {"users": of})
    person, here = rows_of(people, chosen.int64("user_id"))
    interest, exists = rows_of(known, chosen.int64("interest_id")[here])
    chosen_at = np.nan_to_num(chosen.float64("chosen_at"))[here][exists]
    return keep_newest(sets, person[exists], interest, chosen_at)


def _columns(parts: list[tuple[Int64, Int64, InterestSets]], known: Int64) -> list[Column]:
    """Put the slices together, without the people who have no interests."""
    people = np.concatenate([part[0] for part in parts])
    chosen = np.concatenate([part[1] for part in parts])
    kept = np.concatenate([part[2].sizes for part in parts])
    interests = np.concatenate([part[2].interest for part in parts])
    some = chosen > 0
    return [
        Column("user_id", "int8", people[some]),
        Column("interest_ids", "int8[]", known[interests], np.concatenate([[0], np.cumsum(kept[some])])),
        Column("chosen", "int4", chosen[some].astype(np.int32)),
    ]


def preview(context: JobContext) -> DryRun:
    """Tell how many people's interests would be read."""
    return preview_users(context, READS)


JOB = Job(
    name="user-interest-sets",
    group=Group.SEARCH,
    run=user_interest_sets,
    preview=preview,
    algorithm_version=VERSION,
    budget=Budget(max_rows_scanned=100_000_000, max_rows_written=2_000_000, expected_runtime_s=60),
    parameters=InterestSetParameters,
    schedule="10 2 * * *",
    examples=("run user-interest-sets", "run user-interest-sets --user-id 8"),
    writes=("feed.user_interest_set",),
)
