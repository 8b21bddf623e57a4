"""The posts and events of the town in memory: the same bits from the same seed, and believable habits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from feedscore.posts import UNKNOWN_DWELL_MS, EventKind, PostEvents
from orchestrator.errors import UsageError
from orchestrator.source.town.activity import Activity, EventChunk, make_activity
from orchestrator.source.town.incidents import UNKNOWN_ROW
from orchestrator.source.town.posts import TownPosts

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
END = np.datetime64(NOW.replace(tzinfo=None), "us")
PEOPLE, EVENTS = 4_000, 600_000


@pytest.fixture(scope="module")
def activity() -> Activity:
    return make_activity(people=PEOPLE, seed=1, now=NOW, events=EVENTS)


@pytest.fixture(scope="module")
def chunks(activity: Activity) -> list[EventChunk]:
    return list(activity.chunks())


@pytest.fixture(scope="module")
def events(chunks: list[EventChunk]) -> PostEvents:
    return PostEvents(
        user_ids=np.concatenate([chunk.events.user_ids for chunk in chunks]),
        post_ids=np.concatenate([chunk.events.post_ids for chunk in chunks]),
        kinds=np.concatenate([chunk.events.kinds for chunk in chunks]),
        occurred_at=np.concatenate([chunk.events.occurred_at for chunk in chunks]),
        dwell_ms=np.concatenate([chunk.events.dwell_ms for chunk in chunks]),
    )


def same(one: EventChunk, other: EventChunk) -> bool:
    return one.first_id == other.first_id and all(
        np.array_equal(getattr(one.events, name), getattr(other.events, name)) for name in vars(one.events)
    )


def of_known(activity: Activity, events: PostEvents) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return (events.user_ids <= PEOPLE) & (events.post_ids <= len(activity.posts))


def test_any_chunk_made_again_by_itself_is_the_same(activity: Activity, chunks: list[EventChunk]) -> None:
    again = make_activity(people=PEOPLE, seed=1, now=NOW, events=EVENTS)

    assert len(chunks) == again.chunk_count == 3
    assert same(again.chunk(2), chunks[2])
    assert same(again.chunk(0), chunks[0])


def test_another_seed_gives_other_posts_and_events(activity: Activity, chunks: list[EventChunk]) -> None:
    other = make_activity(people=PEOPLE, seed=2, now=NOW, events=EVENTS)

    assert not np.array_equal(other.posts.author, activity.posts.author)
    assert not np.array_equal(other.chunk(0).events.user_ids[:99], chunks[0].events.user_ids[:99])


@pytest.mark.parametrize(
    ("people", "events", "posts"),
    [(1, 0, 1), (1, 1, 1), (1, 40, 3), (2, 1_000, 1), (50, 262_145, 2), (300, 5_000, 700)],
)
def test_there_are_exactly_as_many_events_and_posts_as_asked_for(
    people: int, events: int, posts: int
) -> None:
    activity = make_activity(people=people, seed=3, now=NOW, events=events, posts=posts)
    chunks = list(activity.chunks())

    assert len(activity.posts) == len(activity.posts.columns()) == posts
    assert sum(len(chunk) for chunk in chunks) == events
    assert np.array_equal(
        np.concatenate([np.empty(0, np.int64), *(chunk.ids for chunk in chunks)]), np.arange(1, events + 1)
    )


@pytest.mark.parametrize(
    ("events", "posts", "named"),
    [
        (-1, 5, "events must be from 0 to 2,000,000,000 (got -1)"),
        (5, 0, "posts must be from 1 to 50,000,000 (got 0)"),
    ],
)
def test_a_number_that_cannot_be_used_is_named(events: int, posts: int, named: str) -> None:
    with pytest.raises(UsageError) as error:
        make_activity(people=5, seed=1, now=NOW, events=events, posts=posts)

    assert named in str(error.value)


def test_no_chunk_grows_with_the_number_of_events() -> None:
    activity = make_activity(people=500, seed=1, now=NOW, events=1_000_000_000)

    assert len(activity.chunk(1_234)) < 263_000


def test_events_arrive_roughly_in_order_of_time(chunks: list[EventChunk], events: PostEvents) -> None:
    before = np.diff(events.occurred_at) < np.timedelta64(0)
    ends = [np.median(chunk.events.occurred_at.astype(np.int64)) for chunk in chunks]

    assert 0.01 < before.mean() < 0.3
    assert ends == sorted(ends)


def test_impressions_outnumber_actions_by_far(events: PostEvents) -> None:
    shares = np.bincount(events.kinds, minlength=len(EventKind)) / len(events)

    assert 0.65 < shares[EventKind.IMPRESSION] + shares[EventKind.SEEN] < 0.85
    assert shares[EventKind.IMPRESSION] > shares[EventKind.SEEN] > shares[EventKind.VIEW]
    assert shares[EventKind.VIEW] > shares[EventKind.LIKE] > shares[EventKind.COMMENT]
    assert (shares > 0).all()


def test_nothing_happens_to_a_post_before_it_is_written_or_after_it_is_deleted(
    activity: Activity, events: PostEvents
) -> None:
    known = of_known(activity, events)
    post, at = events.post_ids[known] - 1, events.occurred_at[known]
    deleted = (activity.posts.deleted_at[post] * 1e6).astype("datetime64[us]")

    assert (at >= activity.posts.columns().created_at[post]).all()
    assert not (at - deleted > np.timedelta64(1, "h")).any()  # what was opened before may end after
    assert 0.005 < np.isfinite(activity.posts.deleted_at).mean() < 0.03


def test_attention_fades_as_posts_age(activity: Activity, events: PostEvents) -> None:
    known = of_known(activity, events) & (events.kinds == EventKind.IMPRESSION)
    created = activity.posts.columns().created_at[events.post_ids[known] - 1]
    age_h = (events.occurred_at[known] - created) / np.timedelta64(1, "h")

    assert np.median(age_h) < 30
    assert (age_h > 20 * 24).mean() > 0.005


def test_a_few_people_and_a_few_posts_have_most_of_the_events(events: PostEvents) -> None:
    for ids in (events.user_ids, events.post_ids):
        counts = np.sort(np.bincount(ids[ids < UNKNOWN_ROW]))[::-1]
        assert counts[: len(counts) // 10].sum() > 0.35 * counts.sum()


def test_people_like_posts_on_their_interests_and_of_favourite_authors(
    activity: Activity, events: PostEvents
) -> None:
    likes = of_known(activity, events) & (events.kinds == EventKind.LIKE)
    likes &= events.user_ids != activity.incidents.spammer + 1
    user, post = events.user_ids[likes] - 1, events.post_ids[likes] - 1
    author = activity.posts.author[post]
    favoured = (activity.audience.favourites[user] == author[:, None]).any(axis=1)
    by_chance = (activity.audience.favourites[np.roll(user, 1)] == author[:, None]).any(axis=1)

    assert favoured.mean() > 5 * by_chance.mean()
    assert shared_interest(activity, user, post) > 1.5 * shared_interest(activity, np.roll(user, 1), post)


def shared_interest(
    activity: Activity, user: np.ndarray[tuple[int], np.dtype[np.int64]],
    post: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> float:  # fmt: skip
    """Tell how often the first topic of the post is among the interests of the user."""
    interests = activity.audience.interests
    has = np.zeros((PEOPLE, 256), np.bool_)
    has[np.repeat(np.arange(PEOPLE), np.diff(interests.offsets)), interests.codes] = True
    topic = activity.posts.topics[post, 0]
    return float(has[user, topic][topic >= 0].mean())


def test_evenings_are_busier_than_nights(events: PostEvents) -> None:
    hour = (events.occurred_at.astype(np.int64) // 3_600_000_000) % 24

    assert (hour == 20).sum() > 3 * (hour == 4).sum()


def test_posts_go_on_until_the_end(activity: Activity) -> None:
    age_days = (NOW.timestamp() - activity.posts.created_at) / 86_400

    assert (np.diff(activity.posts.created_at) >= 0).all()
    assert (age_days < 2).sum() > 100
    assert (age_days < 7).sum() > 500
    assert 89 < age_days.max() <= 90


def test_some_views_are_accidents_and_some_likes_are_taken_back(events: PostEvents) -> None:
    dwell = events.dwell_ms[(events.kinds == EventKind.VIEW) & (events.dwell_ms > UNKNOWN_DWELL_MS)]
    pairs = {
        kind: {
            (user, post): at
            for user, post, at in zip(
                events.user_ids[events.kinds == kind].tolist(),
                events.post_ids[events.kinds == kind].tolist(),
                events.occurred_at[events.kinds == kind].astype(np.int64).tolist(),
                strict=True,
            )
        }
        for kind in (EventKind.LIKE, EventKind.UNLIKE)
    }
    gaps = [at - pairs[EventKind.LIKE].get(pair, 0) for pair, at in pairs[EventKind.UNLIKE].items()]

    assert 0.1 < (dwell < 2_000).mean() < 0.35
    assert sum(0 < gap < 10_000_000 for gap in gaps) > 0.3 * len(gaps)
    assert sum(10_000_000 < gap < 3_600_000_000 for gap in gaps) > 0.1 * len(gaps)
    assert all(pair in pairs[EventKind.LIKE] for pair in pairs[EventKind.UNLIKE])


def test_some_events_are_told_twice(chunks: list[EventChunk], events: PostEvents) -> None:
    columns = (
        events.user_ids,
        events.post_ids,
        events.kinds.astype(np.int64),
        events.occurred_at.astype(np.int64),
        events.dwell_ms.astype(np.int64),
    )
    distinct = len(np.unique(np.column_stack(columns), axis=0))
    repeated = sum(int(chunk.repeated.sum()) for chunk in chunks)

    assert len(events) - distinct == repeated
    assert 0.002 < repeated / EVENTS < 0.004


def test_one_post_goes_viral_in_the_last_hours(activity: Activity, events: PostEvents) -> None:
    viral = events.post_ids == activity.incidents.viral_post + 1
    last_hour = events.occurred_at >= END - np.timedelta64(1, "h")

    assert viral.sum() > 900
    assert (viral & last_hour).sum() > 0.3 * viral.sum()
    assert np.isnan(activity.posts.deleted_at[activity.incidents.viral_post])


def test_a_spammer_likes_thousands_of_posts_at_once(activity: Activity, events: PostEvents) -> None:
    spam = (events.user_ids == activity.incidents.spammer + 1) & (events.kinds == EventKind.LIKE)
    at = np.sort(events.occurred_at[spam])

    assert len(at) >= 5_000
    assert at[int(0.95 * len(at))] - at[int(0.05 * len(at))] < np.timedelta64(1, "D")


def test_a_brigade_reports_and_hides_one_author(activity: Activity, events: PostEvents) -> None:
    known = of_known(activity, events)
    reports = known & (events.kinds == EventKind.REPORT)
    reported = np.bincount(activity.posts.author[events.post_ids[reports] - 1])
    author = int(reported.argmax())
    days = events.occurred_at[reports][activity.posts.author[events.post_ids[reports] - 1] == author]

    assert author == activity.incidents.brigaded
    assert reported[author] > 5 * np.sort(reported)[-2]
    assert np.percentile(days, 90) - np.percentile(days, 10) < np.timedelta64(2, "h")


def test_a_handful_of_events_cannot_be_right(activity: Activity, events: PostEvents) -> None:
    for fault in (
        events.occurred_at > END,
        events.user_ids > PEOPLE,
        events.post_ids > len(activity.posts),
        events.dwell_ms < UNKNOWN_DWELL_MS,
    ):
        assert 3 <= fault.sum() <= 10
    assert (events.dwell_ms[events.kinds == EventKind.VIEW] == UNKNOWN_DWELL_MS).any()
    assert events.occurred_at.max() < END + np.timedelta64(timedelta(days=4))


def test_posts_are_about_interests_of_their_authors(activity: Activity) -> None:
    posts: TownPosts = activity.posts
    columns = posts.columns()
    sizes = np.diff(columns.topic_offsets)
    tags = sorted(posts.catalogue.slug)

    assert shared_interest(activity, posts.author, np.arange(len(posts))) == 1.0
    assert sizes.max() == 3
    assert (sizes == 0).any()
    first = int(np.flatnonzero(sizes > 0)[0])
    spelled = {tags[code] for code in columns.topics[columns.topic_offsets[first] :][: sizes[first]]}
    assert spelled == {posts.catalogue.slug[code] for code in posts.topics[first] if code >= 0}
