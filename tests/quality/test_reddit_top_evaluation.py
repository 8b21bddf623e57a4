"""The evaluation of content features on posts of communities: labels stay out of what is judged."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from benches.quality.centroids import Centroids
from benches.quality.reddit_posts import read_posts
from benches.quality.reddit_top import features, main, precision_and_recall

WORDS = {"dogs": "puppy leash kennel", "music": "guitar melody chorus"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Sixty posts of two communities, and a line without one."""
    path = tmp_path / "reddit_top" / "posts_25_subs.csv"
    path.parent.mkdir()
    names = ["title", "selftext", "subreddit", "score", "num_comments", "is_self", "over_18"]
    with path.open("w", encoding="utf-8", newline="") as lines:
        rows = csv.DictWriter(lines, names)
        rows.writeheader()
        for number in range(60):
            community = ("dogs", "music")[number % 2]
            is_marked = number % 10 == 0
            rows.writerow({
                "title": f"{WORDS[community].split()[number % 3]} {'[NSFW]' if is_marked else ''}",
                "selftext": WORDS[community] if number % 4 else "", "subreddit": community, "score": number,
                "num_comments": number % 7, "is_self": str(number % 3 == 0), "over_18": str(is_marked),
            })  # fmt: skip
        rows.writerow(dict.fromkeys(names, ""))
    return path


def test_the_word_that_is_the_label_is_not_seen(file: Path) -> None:
    posts = read_posts(file)
    assert len(posts) == 60
    assert posts.over_18.sum() == 6
    assert not any("nsfw" in text.lower() for text in posts.masked)
    assert features(posts, np.ones(60, np.bool_)).nsfw.max() == 0


def test_the_nearest_centroid_is_that_of_the_words_of_a_document() -> None:
    centroids = Centroids([["a", "b"], ["a"], ["c"], ["c", "d"], []], np.array([0, 0, 1, 1, 1]), 2)
    assert centroids.nearest([["a"], ["d", "c"], ["b", "b"], ["unknown"], []]).tolist() == [0, 1, 0, -1, -1]


def test_precision_and_recall_are_those_of_the_counts() -> None:
    label, flag = np.array([True, True, True, False, False]), np.array([True, False, True, True, False])
    precision, recall = precision_and_recall(label, flag, 500)
    assert (precision.value, recall.value) == (2 / 3, 2 / 3)
    assert precision.low < 2 / 3 <= precision.high


def test_the_section_is_written_between_its_marks(file: Path, tmp_path: Path) -> None:
    page = tmp_path / "quality.md"
    page.write_text("before\n<!-- reddit top: start -->\nold\n<!-- reddit top: end -->\nafter\n", "utf-8")
    assert main([str(tmp_path), "--write", str(page), "--resamples", "50"]) == 0
    text = page.read_text("utf-8")
    assert text.startswith("before\n<!-- reddit top: start -->\n60 posts of 2 communities")
    assert "| keywords (topics of a post without tags) | 1.000" in text
    assert "\nold\n" not in text


def test_without_the_data_the_evaluation_is_skipped_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "nowhere")]) == 0
    assert "Skipped: no posts of communities" in capsys.readouterr().err
