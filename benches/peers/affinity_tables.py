"""Polars and DuckDB: the same affinity profiles by joins, groups and ranks, each as fast as we could make it.

Both may prepare their tables beforehand, untimed. Dropped first is what never counts, so that all that follows works
on a sixth of the events; takebacks are joined to likes alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from feedscore import AffinityProfiles, AffinitySettings, EventKind

from .. import THREADS
from ..town_events import Feed

DAY_US = 86_400e6
LEAST_NET = 1e-9


@dataclass(frozen=True, eq=False)
class Frames:
    """An answer: one row a user; creators and topics one row each, the strongest first within a user."""

    users: pl.DataFrame
    """user, actions, velocity, exploration"""
    creators: pl.DataFrame
    topics: pl.DataFrame
    """user, key, w"""
    types: pl.DataFrame
    """user, content_type, share"""


def kind_rows(settings: AffinitySettings) -> tuple[list[int], list[float]]:
    """The kinds that count and their weights."""
    weights = {
        EventKind.VIEW: settings.view_weight, EventKind.LIKE: settings.like_weight,
        EventKind.COMMENT: settings.comment_weight, EventKind.SHARE: settings.share_weight,
        EventKind.PROFILE_VIEW: settings.profile_view_weight, EventKind.HIDE: settings.hide_weight,
    }  # fmt: skip
    return [int(kind) for kind in weights], list(weights.values())


def tables(feed: Feed) -> dict[str, pl.DataFrame]:
    """The columns as frames; untimed."""
    e, p = feed.events, feed.posts
    return {
        "events": pl.DataFrame({
            "user": e.user_ids, "post": e.post_ids, "kind": e.kinds, "moment": e.occurred_at.view(np.int64),
            "dwell": e.dwell_ms,
        }),
        "posts": pl.DataFrame({
            "post": p.ids, "creator": p.author_ids, "content_type": p.content_types,
            "parts": np.diff(p.topic_offsets),
        }),
        "topics": pl.DataFrame({"post": np.repeat(p.ids, np.diff(p.topic_offsets)), "topic": p.topics}),
        "excluded": pl.DataFrame({"user": feed.excluded_users, "creator": feed.excluded_creators}).unique(),
    }  # fmt: skip


def affinity_polars(feed: Feed, frames: dict[str, pl.DataFrame], settings: AffinitySettings) -> Frames:
    """Profile everybody by expressions."""
    c = pl.col
    now = int(feed.as_of.astype("M8[us]").astype(np.int64))
    kinds, weights = kind_rows(settings)
    events = frames["events"].lazy().filter(
        c("kind").is_in([*kinds, int(EventKind.UNLIKE)])
        & (c("moment") <= now) & (c("moment") > now - round(settings.window_days * DAY_US))
        & ((c("kind") != int(EventKind.VIEW)) | (c("dwell") >= settings.min_view_s * 1000))
    )  # fmt: skip
    told = (
        events.select("user", "post", "kind", "moment")
        .join(frames["posts"].lazy(), on="post")
        .filter(c("user") != c("creator"))
        .join(frames["excluded"].lazy(), on=["user", "creator"], how="anti")
        .unique(["user", "post", "kind", "moment"])
        .collect()
    )
    keys = ["user", "post", "moment"]
    unlikes = told.lazy().filter(c("kind") == int(EventKind.UNLIKE)).select("user", "post", back="moment")
    taken_back = (
        told.lazy().filter(c("kind") == int(EventKind.LIKE)).select(keys).join(unlikes, on=["user", "post"])
        .filter((c("back") >= c("moment")) & (c("back") - c("moment") <= settings.takeback_s * 1e6))
        .select(*keys, kind=pl.lit(int(EventKind.LIKE), pl.UInt8)).unique()
    )  # fmt: skip
    hide = c("kind") == int(EventKind.HIDE)
    age_days = (now - c("moment")) / DAY_US
    rate = (
        pl.when(hide)
        .then(float(np.log(settings.hide_decay_per_day)))
        .otherwise(float(np.log(settings.decay_per_day)))
    )
    weight = c("kind").replace_strict(kinds, weights, return_dtype=pl.Float64) * (rate * age_days).exp()
    counted = (
        told.lazy().filter(c("kind") != int(EventKind.UNLIKE))
        .join(taken_back, on=[*keys, "kind"], how="anti")
        .with_columns(w=weight, hide=hide, age=age_days)
        .with_columns(plus=pl.when("hide").then(0.0).otherwise("w"), minus=pl.when("hide").then("w").otherwise(0.0))
        .group_by("user", "post")
        .agg(
            c("plus").sum(), c("minus").sum(), actions=(~c("hide")).sum(), first=c("age").filter(~c("hide")).max(),
            creator=c("creator").first(), content_type=c("content_type").first(), parts=c("parts").first(),
        )
        .collect()
    )  # fmt: skip
    likings = {
        "creators": counted.lazy().select("user", "plus", "minus", "actions", key="creator"),
        "topics": counted.lazy()
        .select("user", "post", "actions", c("plus") / c("parts"), c("minus") / c("parts"))
        .join(frames["topics"].lazy(), on="post")
        .select("user", "plus", "minus", "actions", key="topic"),
    }
    users = counted.lazy().group_by("user").agg(
        c("actions").sum(), c("first").max(), positive=c("plus").sum()
    ).filter(c("actions") > 0).collect()  # fmt: skip
    enough = users.lazy().filter(c("actions") >= settings.min_actions)
    lists, entropy = {}, None
    for name, k in (("creators", 20), ("topics", 30)):
        sums = likings[name].group_by("user", "key").agg(c("plus", "minus", "actions").sum()).collect()
        reach = sums.lazy().filter(c("actions") > 0).group_by("key").agg(reach=pl.len())
        net = sums.lazy().join(enough.select("user"), on="user").with_columns(net=c("plus") - c("minus")).filter(
            c("net") > LEAST_NET * c("plus")
        )  # fmt: skip
        if name == "creators":
            entropy = net.group_by("user").agg(
                n=pl.len(), entropy=c("net").sum().log() - (c("net") * c("net").log()).sum() / c("net").sum()
            )
        lists[name] = (
            net.join(reach, on="key", how="left")
            .with_columns(raw=c("net") * (1 + users.height / (1 + c("reach").fill_null(0))).log())
            .with_columns(w=(c("raw") / c("raw").max().over("user")).cast(pl.Float32))
            .sort("user", "w", "key", descending=[False, True, False])
            .group_by("user", maintain_order=True).head(k)
            .select("user", "key", "w")
            .collect()
        )  # fmt: skip
    assert entropy is not None
    types = (
        counted.lazy().join(enough.select("user", "positive"), on="user").filter(c("actions") > 0)
        .group_by("user", "content_type").agg(share=c("plus").sum() / c("positive").first()).collect()
    )  # fmt: skip
    people = enough.join(entropy, on="user", how="left").select(
        "user", "actions", velocity=c("actions") / pl.max_horizontal(1.0, "first"),
        exploration=pl.when(c("n") > 1).then((c("entropy") / c("n").log()).clip(0, 1)).otherwise(0.0),
    ).sort("user").collect()  # fmt: skip
    return Frames(people, lists["creators"], lists["topics"], types)


def load_duckdb(frames: dict[str, pl.DataFrame]) -> duckdb.DuckDBPyConnection:
    """Copy the frames into tables of DuckDB's own; untimed."""
    connection = duckdb.connect()
    connection.execute(f"SET threads = {THREADS}; SET preserve_insertion_order = false")
    for name, frame in frames.items():
        columns = {column: frame[column].to_numpy() for column in frame.columns}
        connection.register("incoming", columns)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
        connection.unregister("incoming")
    return connection


def affinity_duckdb(
    feed: Feed, connection: duckdb.DuckDBPyConnection, settings: AffinitySettings
) -> dict[str, dict[str, np.ndarray]]:
    """Profile everybody by SQL."""
    now = int(feed.as_of.astype("M8[us]").astype(np.int64))
    kinds, weights = kind_rows(settings)
    cases = " ".join(f"WHEN {kind} THEN {weight}" for kind, weight in zip(kinds, weights, strict=True))
    like, unlike, hide, view = (int(EventKind[name]) for name in ("LIKE", "UNLIKE", "HIDE", "VIEW"))
    connection.execute(f"""
      CREATE OR REPLACE TEMP TABLE told AS
        SELECT DISTINCT e.user, e.post, e.kind, e.moment, p.creator, p.content_type, p.parts
        FROM events AS e JOIN posts AS p USING (post)
        WHERE e.kind IN ({", ".join(map(str, [*kinds, unlike]))})
          AND e.moment <= {now} AND e.moment > {now - round(settings.window_days * DAY_US)}
          AND (e.kind <> {view} OR e.dwell >= {settings.min_view_s * 1000}) AND e.user <> p.creator
          AND NOT EXISTS (FROM excluded AS x WHERE x.user = e.user AND x.creator = p.creator);
      CREATE OR REPLACE TEMP TABLE counted AS
        WITH taken_back AS (
          SELECT DISTINCT l.user, l.post, l.kind, l.moment FROM told AS l JOIN told AS b USING (user, post)
          WHERE l.kind = {like} AND b.kind = {unlike}
            AND b.moment BETWEEN l.moment AND l.moment + {round(settings.takeback_s * 1e6)}),
        weighed AS (
          SELECT user, post, creator, content_type, parts, kind = {hide} AS hide, ({now} - moment) / {DAY_US} AS age,
            CASE kind {cases} END * exp(CASE kind WHEN {hide} THEN {np.log(settings.hide_decay_per_day)}
              ELSE {np.log(settings.decay_per_day)} END * (({now} - moment) / {DAY_US})) AS w
          FROM told AS t WHERE kind <> {unlike}
            AND NOT EXISTS (FROM taken_back AS b
              WHERE (b.user, b.post, b.kind, b.moment) = (t.user, t.post, t.kind, t.moment)))
        SELECT user, post, any_value(creator) AS creator, any_value(content_type) AS content_type,
          any_value(parts) AS parts, coalesce(sum(w) FILTER (NOT hide), 0) AS plus,
          coalesce(sum(w) FILTER (hide), 0) AS minus,
          count(*) FILTER (NOT hide) AS actions, max(age) FILTER (NOT hide) AS first
        FROM weighed GROUP BY user, post;
      CREATE OR REPLACE TEMP TABLE people AS
        SELECT user, sum(actions)::bigint AS actions, max(first) AS first, sum(plus) AS positive
        FROM counted GROUP BY user HAVING sum(actions) > 0;
      CREATE OR REPLACE TEMP TABLE creator_sums AS
        SELECT user, creator AS key, sum(plus) AS plus, sum(minus) AS minus, sum(actions) AS actions
        FROM counted GROUP BY ALL;
      CREATE OR REPLACE TEMP TABLE topic_sums AS
        SELECT c.user, t.topic AS key, sum(c.plus / c.parts) AS plus, sum(c.minus / c.parts) AS minus,
          sum(c.actions) AS actions
        FROM counted AS c JOIN topics AS t USING (post) GROUP BY ALL""")  # fmt: skip
    enough = f"(SELECT user FROM people WHERE actions >= {settings.min_actions})"
    answer = {
        name: connection.execute(f"""
          WITH reach AS (SELECT key, count(*) AS users FROM {name}_sums WHERE actions > 0 GROUP BY key),
          raw AS (
            SELECT s.user, s.key, (s.plus - s.minus)
              * ln(1 + (SELECT count(*) FROM people) / (1 + coalesce(r.users, 0))) AS raw
            FROM {name}_sums AS s SEMI JOIN {enough} AS p ON p.user = s.user LEFT JOIN reach AS r ON r.key = s.key
            WHERE s.plus - s.minus > {LEAST_NET} * s.plus),
          weighed AS (SELECT user, key, (raw / max(raw) OVER (PARTITION BY user))::float AS w FROM raw),
          best AS (
            SELECT user, unnest(max_by({{key: key, w: w}}, (w, -key::bigint), {k})) AS b FROM weighed GROUP BY user)
          SELECT user, b.key AS key, b.w AS w FROM best""").fetchnumpy()
        for name, k in (("creator", 20), ("topic", 30))
    }
    answer["types"] = connection.execute(f"""
      SELECT c.user, c.content_type, sum(c.plus) / any_value(p.positive) AS share
      FROM counted AS c JOIN people AS p USING (user)
      WHERE p.actions >= {settings.min_actions} AND c.actions > 0 GROUP BY ALL""").fetchnumpy()  # fmt: skip
    answer["people"] = connection.execute(f"""
      WITH net AS (
        SELECT user, plus - minus AS net FROM creator_sums WHERE plus - minus > {LEAST_NET} * plus),
      spread AS (
        SELECT user, count(*) AS n, ln(sum(net)) - sum(net * ln(net)) / sum(net) AS entropy FROM net GROUP BY user)
      SELECT p.user, p.actions, p.actions / greatest(1, p.first) AS velocity,
        CASE WHEN s.n > 1 THEN greatest(0, least(1, s.entropy / ln(s.n))) ELSE 0 END AS exploration
      FROM people AS p LEFT JOIN spread AS s USING (user) WHERE p.actions >= {settings.min_actions}
      ORDER BY p.user""").fetchnumpy()  # fmt: skip
    return answer


def duckdb_frames(answer: dict[str, dict[str, np.ndarray]]) -> Frames:
    """Bring DuckDB's answer into frames; untimed."""
    frames = {
        name: pl.DataFrame({key: np.asarray(values) for key, values in columns.items()})
        for name, columns in answer.items()
    }
    creators, topics = (
        frames[name].sort(["user", "w", "key"], descending=[False, True, False])
        for name in ("creator", "topic")
    )
    return Frames(frames["people"], creators, topics, frames["types"])


def as_profiles(frames: Frames, content_types: int) -> AffinityProfiles:
    """Bring an answer into the shape of ours; untimed."""
    users = frames.users["user"].to_numpy()

    def offsets(rows: pl.DataFrame) -> np.ndarray:
        counts = np.bincount(np.searchsorted(users, rows["user"].to_numpy()), minlength=len(users))
        return np.concatenate([[0], np.cumsum(counts)])

    shares = np.zeros((len(users), content_types), np.float32)
    shares[
        np.searchsorted(users, frames.types["user"].to_numpy()), frames.types["content_type"].to_numpy()
    ] = frames.types["share"].to_numpy()
    return AffinityProfiles(
        user_ids=users,
        actions=frames.users["actions"].to_numpy().astype(np.int32),
        creator_offsets=offsets(frames.creators),
        creator_ids=frames.creators["key"].to_numpy(),
        creator_weights=frames.creators["w"].to_numpy(),
        topic_offsets=offsets(frames.topics),
        topics=frames.topics["key"].to_numpy().astype(np.uint32),
        topic_weights=frames.topics["w"].to_numpy(),
        content_type_shares=shares,
        velocity=frames.users["velocity"].to_numpy().astype(np.float32),
        exploration=frames.users["exploration"].to_numpy().astype(np.float32),
    )
