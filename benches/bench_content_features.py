"""Content features: keywords beside scikit-learn, the lexicon beside two profanity filters, and the job as a whole.

Corpus: English bodies of the town's posts, seed 1, each with two made-up words, so that there are rare ones; the job: the
town's posts as they are, in a temporary embedded Postgres. Ours finds language and nsfw along with the keywords.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from better_profanity import profanity
from glin_profanity import Filter
from pytest_benchmark.fixture import BenchmarkFixture

from feedscore import ContentSettings, TermCounter, TermFrequencies, TextFeatures, TextModel, Texts
from feedscore.text_lexicon import stop_words
from orchestrator.cli.workplace import open_database
from orchestrator.settings import Settings
from orchestrator.source.town import make_town, write_town
from orchestrator.source.town.phrases import ADJECTIVES, ENGLISH, INNOCENT, RUDE, SUBJECT_WORDS

from . import THREADS
from .bench_jobs import run_job, tell
from .peers.tfidf import tfidf_keywords
from .populations import NOW, SEED
from .report import Report
from .timing import Times, load

POSTS, QUICK = 100_000, 10_000
JOB_POSTS, FULL_JOB_POSTS = 100_000, 1_000_000
ROUNDS = 3
RARE_WORDS = 20_000
FILTERED = 200
"""Texts for the profanity filters: one of them takes a twelfth of a second each."""
SETTINGS = ContentSettings()
JOB = "content-features"


@cache
def corpus(posts: int) -> list[str]:
    """Write posts of one to five sentences."""
    random = np.random.default_rng(SEED)
    nouns = [word for words in SUBJECT_WORDS.values() for word in words.split()]

    def sentence() -> str:
        noun, other, topic = random.choice(nouns, 3).tolist()
        adjective = str(random.choice(ADJECTIVES))
        return str(random.choice(ENGLISH)).format(noun=noun, other=other, topic=topic, adjective=adjective)

    digits = str.maketrans("0123456789", "bcdfghjklm")
    spelled = [f"rare{str(number).translate(digits)}" for number in range(RARE_WORDS)]
    rare = (random.zipf(1.3, (posts, 2)) % RARE_WORDS).tolist()
    return [
        " ".join([*(sentence() for _ in range(1 + number % 5)), spelled[one], spelled[other]])
        for number, (one, other) in enumerate(rare)
    ]


def ours(texts: Texts) -> TextFeatures:
    """Count words, keep the most frequent, and look at every text."""
    counter = TermCounter()
    counter.add(texts)
    model = TextModel(counter.frequencies(int(SETTINGS.corpus_terms)), SETTINGS)
    return model.analyse(texts, threads=THREADS)


def check_keywords(told: TextFeatures, theirs: list[list[tuple[str, float]]], english: int) -> float:
    """Tell for how many of the texts told to be English the keywords are the same, and demand nearly all."""
    rows = np.flatnonzero(told.languages == english).tolist()
    same = np.mean([told.keywords_of(row) == [word for word, _ in theirs[row]] for row in rows])
    assert same > 0.99, f"keywords are the same in {same:.1%} of the texts"
    return float(same)


@pytest.mark.benchmark(group="content_features")
def test_keywords_beside_scikit_learn(benchmark: BenchmarkFixture, report: Report, quick: bool) -> None:
    """The same weights, cut at the same share of posts, with English stop words for both."""
    posts = QUICK if quick else POSTS
    strings, stops = corpus(posts), stop_words()
    texts, english = Texts.of(strings), stops.languages.index("en")
    their_stops = [word for word, bits in stops.words.items() if bits >> english & 1 and len(word) > 2]
    min_posts = max(1, int(np.ceil(SETTINGS.keyword_share * posts)))
    our_times, their_times = Times(), Times()
    shares: list[float] = []

    def their_turn() -> None:
        theirs = their_times.measure(lambda: tfidf_keywords(strings, their_stops, min_posts, 8))
        if not shares:
            shares.append(check_keywords(ours(texts), theirs, english))

    benchmark.pedantic(lambda: our_times.measure(lambda: ours(texts)), setup=their_turn, rounds=ROUNDS)
    table = report.table(
        "Content features: keywords", "posts", "peer s", "ours s", "times faster", "peer cpu s", "ours cpu s", "by cpu",
        "ours posts/s", "load",
    )  # fmt: skip
    table.rows.append((
        posts, their_times.best_s, our_times.best_s, their_times.best_s / our_times.best_s, their_times.best_cpu_s,
        our_times.best_cpu_s, their_times.best_cpu_s / our_times.best_cpu_s, posts / our_times.best_s, round(load(), 1),
    ))  # fmt: skip
    table.notes.append(
        f"{len(texts.data) / 1e6:.1f} MB; keywords are the same in {shares[0]:.2%} of the English texts; ours also tells"
        " language, letters and nsfw"
    )


@pytest.mark.benchmark(group="content_features")
def test_the_lexicon_beside_profanity_filters(benchmark: BenchmarkFixture, report: Report) -> None:
    """Each with its own words, so the answers are shown beside the times: who flags rude posts, who innocent ones."""
    sample = [*RUDE, *INNOCENT, *corpus(QUICK)[: FILTERED - len(RUDE) - len(INNOCENT)]]
    texts, model, times = Texts.of(sample * 100), TextModel(TermFrequencies(0)), Times()
    benchmark.pedantic(lambda: times.measure(lambda: model.analyse(texts, threads=THREADS)), rounds=ROUNDS)
    table = report.table(
        "Content features: the lexicon", "filter", "posts/s", "rude posts flagged", "innocent posts flagged"
    )

    def add(name: str, posts_per_s: float, flags: list[bool]) -> None:
        innocent = flags[len(RUDE) : len(RUDE) + len(INNOCENT)]
        rude = f"{sum(flags[: len(RUDE)])} of {len(RUDE)}"
        table.rows.append((name, round(posts_per_s), rude, f"{sum(innocent)} of {len(INNOCENT)}"))

    flagged = model.analyse(Texts.of(sample)).nsfw >= np.float32(SETTINGS.nsfw_flag)
    add("ours, with language", len(texts) / times.best_s, flagged.tolist())
    assert flagged[: len(RUDE)].all()
    assert not flagged[len(RUDE) :].any()
    filters = {
        "glin-profanity": Filter({"detect_leetspeak": True}).is_profane,
        "better-profanity": profanity.contains_profanity,
    }
    for name, judge in filters.items():
        judge("warm up")
        theirs = Times()
        flags = theirs.measure(lambda judge=judge: [bool(judge(text)) for text in sample])  # type: ignore[misc]  # bound now
        add(name, len(sample) / theirs.best_s, flags)


@pytest.mark.benchmark(group="content_features")
def test_the_job_over_the_posts_of_the_town(
    benchmark: BenchmarkFixture, report: Report, quick: bool, full: bool
) -> None:
    """The whole backfill in a process of its own, and the run after it, which finds nothing to do."""
    posts = QUICK if quick else FULL_JOB_POSTS if full else JOB_POSTS
    folder = Path(tempfile.mkdtemp(prefix="feedscore-bench-", dir=os.environ.get("FEEDSCORE_BENCH_DIR")))
    folder.chmod(0o755)  # the server runs as another user when this is root
    try:
        with open_database(Settings(data_dir=folder)) as database:
            town = make_town(max(posts // 20, 1_000), SEED, NOW, events=0, posts=posts)
            with database.connection() as connection:
                write_town(connection, town)
            tell(database, "VACUUM ANALYZE", "CHECKPOINT")
            told = [benchmark.pedantic(partial(run_job, folder, JOB), rounds=1), run_job(folder, JOB)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table = report.table(
        "Content features: the whole job",
        "run",
        "posts",
        "rows written",
        "s",
        "cpu s",
        "posts/s",
        "peak MB",
        "load",
    )
    for name, run in zip(("backfill", "again"), told, strict=True):
        written = run["written"].get("rows_written", 0)
        table.rows.append((
            name, posts, written, run["wall_s"], run["cpu_s"], round(posts / run["wall_s"]), round(run["peak_mb"]),
            round(load(), 1),
        ))  # fmt: skip
    assert told[1]["written"]["posts_due"] == 0
    report.goal("minutes for 1,000,000 posts", told[0]["wall_s"] / posts * 1e6 / 60, at_most=15)
