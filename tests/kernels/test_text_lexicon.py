"""The lexicon finds what is meant, however it is spelled, and nothing in innocent words."""

# ruff: noqa: RUF001 -- letters of many scripts are what is tested

from __future__ import annotations

import numpy as np
import pytest

from feedscore import TermFrequencies, TextModel, Texts
from feedscore.text_lexicon import Lexicon, nsfw_lexicon

MODEL = TextModel(TermFrequencies(0))
FLAGGED = 0.8


def nsfw(text: str) -> float:
    return float(MODEL.analyse(Texts.of([text])).nsfw[0])


INNOCENT_WORDS = (
    "Scunthorpe Penistone Clitheroe Lightwater Shitterton Arsenal Essex Sussex Middlesex Cockburn "
    "Cockermouth Dickens Dickinson Hancock Babcock Woodcock Peacock Cocktail Cockpit Cockroach "
    "Weathercock Shuttlecock assassin assess assume assignment class classic glass grass pass bass "
    "massage passage embassy ambassador Massachusetts cassette harassment analysis analyst canal "
    "banal therapist grape drape scrape cumin document accumulate circumstance cucumber Titan title "
    "constitution competition institute titmouse shiitake mishit Matsushita Hitchcock button "
    "buttress rebuttal Uranus manuscript peanut penance saturday sextant sextet bisexual unisex "
    "heterosexual asexual nuclear swank swanky Twatt pricked prickly spicy pussycat hoard shoreline "
    "crapshoot scrap skyscraper fartlek Cummings Cumberland Wankel hornyhead gorey McGregor begoren "
    "rapeseed Gorely"
)


@pytest.mark.parametrize(
    "text",
    INNOCENT_WORDS.split(" "),
)
def test_words_that_hold_such_words_mean_no_harm(text: str) -> None:
    assert nsfw(f"We talked about {text} today.") == 0
    assert nsfw(text.upper()) == 0


@pytest.mark.parametrize(
    "text",
    [
        "pussy willows in spring", "Moby Dick is a long book", "Dick Cheney spoke", "a blue tit in the garden",
        "tit for tat", "graduated cum laude", "same sex marriage", "Al Gore", "a Gore-Tex jacket",
        "not visible to the naked eye", "the Sex Pistols", "pen.is mightier", "It was a pen.Is that so?",
        "suicide prevention", "I use AS-IS parts", "1st 2nd 3rd 455 80085",
    ],
)  # fmt: skip
def test_phrases_that_mean_no_harm_are_not_flagged(text: str) -> None:
    assert nsfw(text) == 0


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("sh1t", "shit"), ("$hit", "shit"), ("$h1t", "shit"), ("5hit", "shit"), ("sh!t", "shit"), ("SH1T!!!", "shit"),
        ("s.h.i.t", "shit"), ("s-h-i-t", "shit"), ("s_h_i_t", "shit"), ("s/h/i/t", "shit"), ("sh.it", "shit"),
        ("s h i t", "shit"), ("S H 1 T", "shit"), ("shiiiiit", "shit"), ("sh*t", "shit"), ("s**t", "shit"),
        ("shït", "shit"), ("ｓｈｉｔ", "shit"), ("𝓼𝓱𝓲𝓽", "shit"), ("s\u200bh\u00adit", "shit"), ("ⓢⓗⓘⓣ", "shit"),
        ("**shit**", "shit"), ("(shit)", "shit"), ("shit.", "shit"), ("'shit'", "shit"), ("s.h.1.t", "shit"),
        ("fuuuuuck", "fuck"), ("f u c k", "fuck"), ("f - u - c - k", "fuck"), ("f**king", "fucking"), ("fück", "fuck"),
        ("a$$", "ass"), ("@ss", "ass"), ("a55", "ass"), ("asssss", "ass"), ("b1tch", "bitch"), ("b!tch", "bitch"),
        ("8itch", "bitch"), ("d1ld0", "dildo"), ("c0ck", "cock"), ("p0rn", "porn"), ("p o r n", "porn"),
        ("b00bs", "boobs"), ("s3x", "sex"), ("5ex", "sex"), ("s e x", "sex"), ("n4ked", "naked"), ("bl0w j0b", "blow job"),
        ("blow   job", "blow job"), ("BLOW-JOB", "blow job"), ("t1t", "tit"), ("c1it", "clit"), ("xxx", "xxx"),
    ],
)  # fmt: skip
def test_other_spellings_count_as_what_is_meant(text: str, meant: str) -> None:
    assert nsfw(f"well {text} indeed") >= nsfw(meant) > 0


def test_one_clear_word_flags_and_one_coarse_word_does_not() -> None:
    for text in ("pr0n", "porn", "nsfw", "send nudes", "XXX", "gangbang", "hentai"):
        assert nsfw(text) >= FLAGGED, text
    for text in ("shit", "fuck this", "what an ass", "damn", "sexy", "wtf"):
        assert 0 < nsfw(text) < FLAGGED, text


def test_entries_add_up_and_each_counts_once() -> None:
    assert nsfw("shit shit shits") == nsfw("shit")
    both = 1 - (1 - nsfw("shit")) * (1 - nsfw("fuck"))
    assert nsfw("fuck and shit") == pytest.approx(both)


def test_coarse_words_do_not_add_up_to_a_flag_in_a_long_text() -> None:
    coarse = "shit, fuck, bitch, dick, damn and asshole"
    assert nsfw(coarse) >= FLAGGED
    assert nsfw(coarse + " and so we walked along the river" * 100) < FLAGGED
    assert nsfw("porn" + " and so we walked along the river" * 100) >= FLAGGED


def test_words_in_addresses_are_not_looked_at() -> None:
    assert nsfw("see http://i.example.org/porn.jpg and www.sex.example/xxx") == 0


def test_a_phrase_does_not_go_on_from_one_reading_to_the_next() -> None:
    lexicon = Lexicon("t", ("b a",), np.array([0], np.int32), np.array([0.5]))
    model = TextModel(TermFrequencies(0), lexicon=lexicon)
    told = model.analyse(Texts.of(["a a1 b", "a x1 b", "b a"]))
    assert told.nsfw.tolist() == [0, 0, 0.5]


def test_the_lexicon_names_its_version_and_each_spelling_once() -> None:
    lexicon = nsfw_lexicon()
    assert lexicon.version == "1"
    assert len(set(lexicon.patterns)) == len(lexicon.patterns) == len(lexicon.entries)
    assert all(pattern == " ".join(pattern.lower().split()) for pattern in lexicon.patterns)
    assert ((lexicon.weights >= 0) & (lexicon.weights < 1)).all()


@pytest.mark.parametrize(
    ("entries", "weights", "fault"),
    [([1], [0.5], r"entries\[0\] = 1"), ([0, 0], [0.5], "entries = 2"), ([0], [1.0], r"weights\[0\] = 1")],
)
def test_a_lexicon_that_contradicts_itself_is_refused(
    entries: list[int], weights: list[float], fault: str
) -> None:
    lexicon = Lexicon("t", ("a",), np.array(entries, np.int32), np.array(weights))
    with pytest.raises(ValueError, match=fault):
        TextModel(TermFrequencies(0), lexicon=lexicon)
