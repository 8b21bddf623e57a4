"""Polars: joins, group-bys and an as-of join for takebacks; lazy, so that its own optimiser may order the work."""

from __future__ import annotations

import numpy as np
import polars as pl

from feedscore import EventKind

from .trending_answer import HOUR_US, KINDS, Counts, Given, fill

ONE = ["row", "user", "kind"]


class TrendingPolars:
    """The events as a frame, made beforehand."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.events = pl.DataFrame({
            "user": given.events.user_ids,
            "post": given.events.post_ids,
            "kind": given.events.kinds,
            "at": given.events.occurred_at.view(np.int64),
        })  # fmt: skip
        self.posts = pl.DataFrame({
            "post": given.posts.ids,
            "author": given.posts.author_ids,
            "row": np.arange(len(given.posts), dtype=np.uint32),
        })  # fmt: skip

    def __call__(self) -> Counts:
        """Count."""
        given = self.given
        engagements = [*map(int, KINDS), int(EventKind.UNLIKE)]
        told = (
            self.events.lazy()
            .filter(
                pl.col("kind").is_in(engagements) & pl.col("at").is_between(given.since_us, given.as_of_us)
            )
            .join(self.posts.lazy(), on="post")
            .filter(pl.col("user") != pl.col("author"))
            .select("row", "user", "kind", "at")
            .collect()
        )
        counted = pl.concat(
            [self._likes(told), self._comments(told), _once(told, EventKind.SHARE, EventKind.PROFILE_VIEW)]
        )
        by_post = counted.group_by("row").agg(
            *((pl.col("kind") == int(kind)).sum().alias(kind.name) for kind in KINDS),
            recent=(pl.col("at") >= given.recent_us).sum(),
        )
        peaks = (
            counted.group_by("row", hour=pl.col("at") // HOUR_US)
            .len()
            .sort("len", "hour", descending=[True, False])
            .group_by("row")
            .agg(pl.col("hour").first())
        )
        posts, row = len(given.posts), by_post["row"].to_numpy()
        return Counts(
            np.stack([fill(row, by_post[kind.name].to_numpy(), posts) for kind in KINDS], axis=1),
            fill(row, by_post["recent"].to_numpy(), posts),
            fill(peaks["row"].to_numpy(), peaks["hour"].to_numpy(), posts),
        )

    def _likes(self, told: pl.DataFrame) -> pl.DataFrame:
        """Only likes of those who have unlikes are looked at one by one: they are few."""
        likes = told.filter(pl.col("kind") == int(EventKind.LIKE))
        unlikes = told.filter(pl.col("kind") == int(EventKind.UNLIKE)).select("row", "user", until="at")
        sure = likes.join(unlikes, on=["row", "user"], how="anti")
        unsure = likes.join(unlikes, on=["row", "user"], how="semi").sort("at")
        followed = unsure.join_asof(
            unlikes.sort("until"), left_on="at", right_on="until", by=["row", "user"], strategy="forward",
            tolerance=self.given.takeback_us, check_sortedness=False,
        )  # fmt: skip
        kept = followed.filter(pl.col("until").is_null()).select(sure.columns)
        return _once(pl.concat([sure, kept]), EventKind.LIKE)

    def _comments(self, told: pl.DataFrame) -> pl.DataFrame:
        comments = told.lazy().filter(pl.col("kind") == int(EventKind.COMMENT)).unique()
        first = comments.group_by(ONE).agg(pl.col("at").bottom_k(self.given.comments))
        return first.explode("at").collect()


def _once(told: pl.DataFrame, *kinds: EventKind) -> pl.DataFrame:
    wanted = told.lazy().filter(pl.col("kind").is_in(list(map(int, kinds))))
    return wanted.group_by(ONE).agg(pl.col("at").min()).collect()
