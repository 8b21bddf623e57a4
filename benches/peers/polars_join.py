"""Polars: an equi-join by cell and its neighbours, filters and score as expressions, the best per viewer.

A cell is as long as the longest distance limit. People of unknown place meet everybody, and people without a
limit each other, by cross joins.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from .columns import Answer, Columns, K

VIEWERS_AT_ONCE = 1000
SMALL = ["id", "gender_bit", "seeks", "age", "low", "high", "reach", "x", "y", "z"]
CELL = ["cx", "cy", "cz"]


def polars_join(c: Columns) -> Answer:
    """List everybody's best."""
    best, scores = np.full((len(c), K), -1, np.int64), np.zeros((len(c), K), np.float32)
    people, details = _people(c), _details(c)
    nowhere = people.filter(pl.col("x").is_nan())
    everywhere = people.filter(pl.col("reach").is_infinite() & ~pl.col("x").is_nan())
    steps = pl.DataFrame(
        [(a, b, d) for a in (-1, 0, 1) for b in (-1, 0, 1) for d in (-1, 0, 1)], CELL, orient="row"
    )
    eligible = 0
    for start in range(0, len(c), VIEWERS_AT_ONCE):
        viewers = people.slice(start, VIEWERS_AT_ONCE)
        placed, lost = viewers.filter(~pl.col("x").is_nan()), viewers.filter(pl.col("x").is_nan())
        free = placed.filter(pl.col("reach").is_infinite())
        cells = placed.join(steps, how="cross", suffix="_step").with_columns(
            pl.col(axis) + pl.col(f"{axis}_step") for axis in CELL
        )
        met = pl.concat([
            _fitting(cells.select(SMALL + CELL).lazy().join(people.lazy(), on=CELL, suffix="_r")
                     .filter(pl.min_horizontal("reach", "reach_r").is_finite())),
            _fitting(_crossed(free, everywhere)),
            _fitting(_crossed(placed, nowhere)),
            _fitting(_crossed(lost, people)),
        ])  # fmt: skip
        lists = (
            _scored(met, details, c)
            .group_by("id")
            .agg(
                best=pl.col("id_r").sort_by(["score", "id_r"], descending=[True, False]).head(K),
                scores=pl.col("score").sort(descending=True).head(K),
                eligible=pl.len(),
            )
            .collect()
        )
        eligible += int(lists["eligible"].sum())
        for viewer, found, values in zip(lists["id"], lists["best"], lists["scores"], strict=True):
            best[viewer, : len(found)], scores[viewer, : len(found)] = found.to_numpy(), values.to_numpy()
    return Answer(best, scores, eligible)


def _people(c: Columns) -> pl.DataFrame:
    cell_km = np.sqrt(c.reach[np.isfinite(c.reach)].max(initial=1.0))
    cell = np.floor(np.nan_to_num(c.place / cell_km, nan=-10_000)).astype(np.int64)
    # Bits as i64: Polars compares and joins those fastest, and a gender code above 62 does not occur here.
    return pl.DataFrame({
        "id": np.arange(len(c)), "gender_bit": c.gender_bit.view(np.int64), "seeks": c.seeks.view(np.int64),
        "age": c.age, "low": c.low, "high": c.high, "reach": c.reach,
        "x": c.place[:, 0], "y": c.place[:, 1], "z": c.place[:, 2],
        "cx": cell[:, 0], "cy": cell[:, 1], "cz": cell[:, 2],
    })  # fmt: skip


def _details(c: Columns) -> pl.DataFrame:
    columns: dict[str, np.ndarray] = {
        "id": np.arange(len(c)), "base": c.base, "set_size": c.interest_count,
        "goals": c.goals.view(np.int64), "goal_size": c.goal_count, "ranged": c.ranged,
        "middle": c.middle, "slope": c.slope,
    }  # fmt: skip
    columns |= {f"set{w}": c.interests[:, w].view(np.int64) for w in range(c.interests.shape[1])}
    columns |= {f"mine{t}": c.viewer_vector[:, t] for t in range(c.viewer_vector.shape[1])}
    columns |= {f"theirs{t}": c.candidate_vector[:, t] for t in range(c.candidate_vector.shape[1])}
    return pl.DataFrame(columns)


def _crossed(viewers: pl.DataFrame, candidates: pl.DataFrame) -> pl.LazyFrame:
    return viewers.lazy().select(SMALL).join(candidates.lazy().select(SMALL), how="cross", suffix="_r")


def _fitting(pairs: pl.LazyFrame) -> pl.LazyFrame:
    u = pl.col
    chord2 = sum(((u(axis) - u(f"{axis}_r")) ** 2 for axis in "xyz"), start=pl.lit(0.0))
    return (
        pairs.filter(
            (u("id") != u("id_r"))
            & ((u("seeks") & u("gender_bit_r")) != 0)
            & ((u("seeks_r") & u("gender_bit")) != 0)
            & u("age_r").is_between(u("low"), u("high"))
            & u("age").is_between(u("low_r"), u("high_r"))
        )
        .with_columns(chord2=chord2)
        .filter(u("chord2").is_nan() | (u("chord2") <= pl.min_horizontal("reach", "reach_r")))
        .select("id", "id_r", "age", "age_r", pl.col("chord2").cast(pl.Float32))
    )


def _scored(pairs: pl.LazyFrame, details: pl.DataFrame, c: Columns) -> pl.LazyFrame:
    s, u = c.settings, pl.col
    width, words = c.viewer_vector.shape[1], c.interests.shape[1]
    viewers = details.lazy().drop(f"theirs{t}" for t in range(width)).drop("base")
    candidates = details.lazy().drop(f"mine{t}" for t in range(width))
    zero = pl.lit(0, pl.Float32)
    bits = (u(f"set{w}") & u(f"set{w}_r") for w in range(words))
    shared = sum((b.bitwise_count_ones().cast(pl.Float32) for b in bits), start=zero)
    both = (u("goals") & u("goals_r")).bitwise_count_ones().cast(pl.Float32)
    distance = u("chord2").sqrt() * (1 + u("chord2") / (24 * 6371.0088**2))
    fit = 1 - (u("age_r") - u("middle")).abs() * u("slope") - (u("age") - u("middle_r")).abs() * u("slope_r")
    score = (
        sum((u(f"mine{t}") * u(f"theirs{t}") for t in range(width)), start=zero)
        + u("base")
        + s.interests_weight
        * shared
        / pl.max_horizontal(u("set_size") + u("set_size_r") - shared, pl.lit(1.0))
        + s.proximity_weight
        * pl.when(u("chord2").is_nan())
        .then(s.proximity_unknown)
        .otherwise((distance / -s.proximity_scale_km).exp())
        + s.goals_weight
        * pl.when((u("goal_size") > 0) & (u("goal_size_r") > 0))
        .then(both / (u("goal_size") + u("goal_size_r") - both))
        .otherwise(0.5)
        + s.age_fit_weight
        * pl.when(u("ranged") & u("ranged_r")).then(pl.max_horizontal(fit, pl.lit(0.0))).otherwise(0.5)
    )
    return (
        pairs.join(_sparse(c.excluded_offsets, c.excluded), on=["id", "id_r"], how="anti")
        .with_columns(u("age").cast(pl.Float32), u("age_r").cast(pl.Float32))
        .join(viewers, on="id")
        .join(candidates, left_on="id_r", right_on="id", suffix="_r")
        .select("id", "id_r", score=score)
        .join(
            _sparse(c.hidden_offsets, c.hidden).with_columns(kept=pl.lit(pl.Series(c.hidden_multiplier))),
            on=["id", "id_r"],
            how="left",
        )
        .select("id", "id_r", score=(u("score") * u("kept").fill_null(1.0)).cast(pl.Float32))
    )


def _sparse(offsets: np.ndarray, entries: np.ndarray) -> pl.LazyFrame:
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    return pl.LazyFrame({"id": owner, "id_r": entries.astype(np.int64)})
