"""Do topics separate communities, does quality agree with votes, is nsfw found? On the best posts of 25 communities.

    python -m benches.quality.reddit_top PATH [--write docs/quality.md]

PATH is the file, or the folder of the data sets; where it is absent, the evaluation is skipped.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from feedscore import ContentSettings, TermCounter, TextFeatures, TextModel, Texts
from feedscore.population import Bool, Float64
from feedscore.reference.text import is_term, words
from feedscore.text_lexicon import stop_words
from orchestrator.jobs.feed.content_quality import quality

from .auc import Estimate, resampled_auc, resampled_mean, resamples
from .centroids import Centroids, Documents
from .command import Evaluation
from .ranking import spearman
from .reddit_posts import LABEL, PATTERN, RedditPosts, read_posts

RESAMPLES = 10_000
SEED = 1
KEYWORDS = 8
SETTINGS = ContentSettings()
COMMAND = "python -m benches.quality.reddit_top PATH --write docs/quality.md"


def features(posts: RedditPosts, corpus: Bool) -> TextFeatures:
    """Look at all posts, the word that is a label masked; frequencies are those of the posts in the corpus."""
    counter = TermCounter()
    counter.add(Texts.of([text for text, counts in zip(posts.masked, corpus, strict=True) if counts]))
    model = TextModel(counter.frequencies(int(SETTINGS.corpus_terms)), SETTINGS)
    return model.analyse(Texts.of(posts.masked))


def documents(posts: RedditPosts, told: TextFeatures) -> dict[str, Documents]:
    """Give each post as the words that a way of choosing topics leaves of it."""
    stops = stop_words().words
    spoken = [[word for word in words(text) if is_term(word) and word not in stops] for text in posts.masked]
    return {
        "keywords (topics of a post without tags)": [told.keywords_of(row) for row in range(len(posts))],
        f"the first {KEYWORDS} words that are no stop words": [
            list(dict.fromkeys(one))[:KEYWORDS] for one in spoken
        ],
        "all words that are no stop words": spoken,
    }


def topics_section(posts: RedditPosts, times: Float64) -> list[str]:
    """Tell how often the nearest of 25 centroids, learnt from one half, is that of a post of the other half."""
    is_known = np.random.default_rng(SEED).permutation(len(posts)) % 2 == 0
    told, classes = features(posts, is_known), len(posts.communities)
    largest = np.bincount(posts.community[~is_known]).max() / (~is_known).sum()
    lines = [
        "### Topics: can the community be told by them?",
        "",
        f"{(~is_known).sum():,} posts of one half, by the nearest of {classes} centroids that the other half makes; the"
        f" largest community has {largest:.1%}. A post without a known word counts as wrong.",
        "",
        "| a post is | right | posts with a known word | words a post |",
        "|---|---|---|---|",
    ]
    for name, all_documents in documents(posts, told).items():
        known = [all_documents[row] for row in np.flatnonzero(is_known).tolist()]
        asked = [all_documents[row] for row in np.flatnonzero(~is_known).tolist()]
        found = Centroids(known, posts.community[is_known], classes).nearest(asked)
        right = (found == posts.community[~is_known]).astype(float)
        share = Estimate.of(resampled_mean(right, posts.community[~is_known], times))
        size = np.mean([len(set(document)) for document in asked])
        lines.append(f"| {name} | {share} | {(found >= 0).mean():.1%} | {size:.1f} |")
    return lines


def quality_section(posts: RedditPosts, told: TextFeatures, times: Float64) -> list[str]:
    """Tell how far the order by quality is that by score, within each community."""
    nothing, days = np.zeros(len(posts)), np.full(len(posts), SETTINGS.engagement_days)
    media, letters = posts.has_link.astype(float), told.letters
    engagement = SETTINGS.comment_weight * posts.comments
    judged = {
        "quality, of text and media alone": quality(letters, media, nothing, days, nothing, SETTINGS),
        "quality, with comments as engagement": quality(letters, media, engagement, days, nothing, SETTINGS),
        "letters": letters,
        "has a link": media,
        "comments": posts.comments,
    }
    lines = [
        "### Quality: does it agree with the score?",
        "",
        "Mean over communities of the rank correlation with the score of the post. Likes are left out, since they are"
        " the score; impressions are not known.",
        "",
        "| judged | Spearman |",
        "|---|---|",
    ]
    for name, values in judged.items():
        each = np.array([
            spearman(np.asarray(values[posts.community == one], np.float64), posts.score[posts.community == one])
            for one in range(len(posts.communities))
        ])  # fmt: skip
        lines.append(f"| {name} | {Estimate.of(resampled_mean(each, np.arange(len(each)), times))} |")
    return lines


def nsfw_section(posts: RedditPosts, told: TextFeatures, times: Float64, count: int) -> list[str]:
    """Tell how much of what is marked over 18 the lexicon finds in the text, and what else."""
    label = posts.over_18
    area = Estimate.of(resampled_auc(label, told.nsfw.astype(np.float64), posts.community, times))
    by_label = np.array([bool(LABEL.search(text)) for text in posts.text])
    flags = {
        f"nsfw_flagged: probability from {SETTINGS.nsfw_flag}": told.nsfw >= np.float32(SETTINGS.nsfw_flag),
        "probability from 0.5": told.nsfw >= np.float32(0.5),
        "any word of the lexicon": told.nsfw > 0,
        "the word itself, not masked (what is left out above)": by_label,
    }
    lines = [
        "### nsfw: is it found in the text?",
        "",
        f"{label.sum():,} of {len(posts):,} posts ({label.mean():.1%}) are marked as over 18, mostly for a picture that"
        " the text need not speak of. The words nsfw and nsfl are masked, since they are the label."
        f" AUC {area}, resampled by community.",
        "",
        "| flagged by | flagged | precision | recall |",
        "|---|---|---|---|",
    ]
    for name, flag in flags.items():
        precision, recall = precision_and_recall(label, flag, count)
        lines.append(f"| {name} | {flag.sum():,} | {precision} | {recall} |")
    return lines


def precision_and_recall(label: Bool, flag: Bool, count: int) -> tuple[Estimate, Estimate]:
    """Estimate both, resampling posts; the counts of the four cases are all that matters."""
    cases = np.array(
        [(label & flag).sum(), (~label & flag).sum(), (label & ~flag).sum(), (~label & ~flag).sum()]
    )
    drawn = np.random.default_rng(SEED).multinomial(len(label), cases / len(label), count)
    times = np.vstack([cases, drawn]).astype(np.float64)
    with np.errstate(invalid="ignore"):
        precision, recall = times[:, 0] / times[:, :2].sum(axis=1), times[:, 0] / times[:, [0, 2]].sum(axis=1)
    return Estimate.of(precision), Estimate.of(recall)


def section(posts: RedditPosts, count: int) -> str:
    """Write all parts."""
    times = resamples(len(posts.communities), count, SEED)
    told = features(posts, np.ones(len(posts), np.bool_))
    parts: list[Sequence[str]] = [
        [
            f"{len(posts):,} posts of {len(posts.communities)} communities, title and text. In brackets the middle 95% of"
            f" {count:,} bootstrap resamples: of whole communities, and of posts for precision and recall."
        ],
        topics_section(posts, times),
        quality_section(posts, told, times),
        nsfw_section(posts, told, times, count),
        [f"To repeat: `{COMMAND}`"],
    ]
    return "\n\n".join("\n".join(part) for part in parts)


EVALUATION = Evaluation(
    heading="reddit top",
    about="Evaluate content features on posts of 25 communities.",
    data="posts of communities",
    pattern=PATTERN,
    resamples=RESAMPLES,
    section=lambda file, count: section(read_posts(file), count),
)
main = EVALUATION.main

if __name__ == "__main__":
    sys.exit(main())
