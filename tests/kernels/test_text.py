"""The text kernels against the reference, on made texts and on anything Unicode has."""

# ruff: noqa: RUF001 -- letters of many scripts are what is tested

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedscore import ContentSettings, TermCounter, TermFrequencies, TextModel, Texts
from feedscore.reference.lexicon import nsfw_probability
from feedscore.reference.text import tell_text, term_frequencies
from feedscore.text_lexicon import nsfw_lexicon, stop_words

# Characters that this Python knows; what Unicode added later may be known to the one side alone.
assigned = st.characters(exclude_categories=("Cs", "Cn", "Co"))
PIECES = (
    "the and dog Dogs der die nicht und le les chat das ist house hiking running musica été Über "
    "don't l'amour www.x.org https://a.b/c @me a@b.c #tag 2013 10am covid19 ❤️ 👩\u200d👩\u200d👧 ǅ İstanbul ΣΑΣ "
    "हिन्दी 日本語 ﬁne soft\xadhyphen sh1t pr0n f.u.c.k f*ck a$$ @ss b!tch fuuuck s h i t nsfw pussy "
    "willow Scunthorpe blow job x !! ** 1 4 $"
)
pieces = st.sampled_from(PIECES.split(" "))
texts = st.one_of(
    st.text(assigned, max_size=60),
    st.lists(pieces, max_size=12).map(" ".join),
    st.lists(st.one_of(pieces, st.text(assigned, max_size=4)), max_size=12).map("".join),
)
corpora = st.lists(texts, max_size=12)


def model(corpus: Sequence[str], chosen: ContentSettings | None = None) -> TextModel:
    return TextModel(term_frequencies(corpus, 10_000), chosen)


@settings(max_examples=150, deadline=None)
@given(corpora, corpora, st.sampled_from([0.0002, 0.2, 0.6]), st.sampled_from([1, 2, 5]))
def test_keywords_language_and_letters_are_those_of_the_reference(
    corpus: list[str], asked: list[str], share: float, threads: int
) -> None:
    chosen = ContentSettings(keyword_share=share)
    frequencies = term_frequencies(corpus, 10_000)
    told = TextModel(frequencies, chosen).analyse(Texts.of(asked), threads=threads)
    for row, text in enumerate(asked):
        expected = tell_text(text, frequencies, stop_words(), chosen)
        assert told.keywords_of(row) == expected.keywords
        assert (told.languages[row], told.letters[row]) == (expected.language, expected.letters)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, max_size=4), st.sampled_from([10.0, 280.0]))
def test_the_probability_of_nsfw_is_that_of_the_reference(asked: list[str], full: float) -> None:
    chosen = ContentSettings(nsfw_letters=full)
    told = model([], chosen).analyse(Texts.of(asked))
    expected = [nsfw_probability(text, nsfw_lexicon(), chosen) for text in asked]
    np.testing.assert_array_equal(told.nsfw, np.array(expected, np.float32))


@settings(max_examples=100, deadline=None)
@given(corpora, st.integers(1, 5), st.integers(0, 20))
def test_terms_are_counted_as_by_the_reference_whatever_the_chunks(
    corpus: list[str], size: int, limit: int
) -> None:
    counter = TermCounter()
    for start in range(0, len(corpus), size):
        counter.add(Texts.of(corpus[start : start + size]))
    counted, expected = counter.frequencies(limit), term_frequencies(corpus, limit)
    assert counted == expected
    assert list(counted.counts) == list(expected.counts)


@settings(max_examples=30, deadline=None)
@given(corpora)
def test_a_text_says_the_same_in_any_company(asked: list[str]) -> None:
    looked = model(asked)
    together = looked.analyse(Texts.of(asked * 40), threads=3)
    for row, text in enumerate(asked):
        alone = looked.analyse(Texts.of([text]), threads=1)
        for place in (row, row + 39 * len(asked)):
            assert together.keywords_of(place) == alone.keywords
            assert together.nsfw[place] == alone.nsfw[0]
            assert together.languages[place] == alone.languages[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, []),
        ("", []),
        ("🔥🔥 ❤️ 🏳️‍🌈 1️⃣", []),
        ("http://example.org/hiking?x=1 www.hiking.org", []),
        ("[map](https://example.org/hiking)", ["map"]),
        ("@hiker hiker@mountains.org", []),
        ("2013 10am 3rd covid19", ["covid19"]),
        ("HIKING hiking Ｈｉｋｉｎｇ hik\u00ading", ["hiking"]),
        ("l'été c'est à la plage avec les enfants", ["enfants", "plage"]),
        ("i like #hiking!", ["hiking"]),
        ("x" * 33 + " " + "y" * 32, ["y" * 32]),
        ("東京 ab", ["東京"]),
    ],
)
def test_words_are_cut_and_normalised(text: str | None, expected: list[str]) -> None:
    assert model([]).analyse(Texts.of([text])).keywords == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The dog is in the house, and it was happy to be there.", "en"),
        ("Der Hund ist nicht im Haus, und die Katze auch nicht.", "de"),
        ("Le chat est dans la maison avec les enfants de la voisine.", "fr"),
        ("El perro no está en la casa, pero sí en el jardín con los niños.", "es"),
        ("Il cane non è nella casa, ma è nel giardino con gli altri.", "it"),
        ("O cachorro não está em casa, mas ele está com os meninos.", "pt"),
        ("De hond is niet in het huis, maar wel met de kinderen.", "nl"),
        ("Собака не в доме, но она в саду с детьми, и это хорошо для нас.", "ru"),
        ("Köpek evde değil ama bu bizim için çok iyi ve daha güzel.", "tr"),
        ("pizza", None),
        ("🔥", None),
        ("", None),
    ],
)
def test_the_language_is_told_or_left_open(text: str, language: str | None) -> None:
    looked = model([])
    told = looked.analyse(Texts.of([text])).languages[0]
    assert (looked.languages[told] if told >= 0 else None) == language


def test_words_of_one_post_only_are_no_keywords_in_a_large_corpus() -> None:
    frequencies = TermFrequencies(100_000, {"hiking": 500, "typpo": 19, "trail": 20})
    told = TextModel(frequencies).analyse(Texts.of(["typpo hiking unseen trail"]))
    assert told.keywords == ["trail", "hiking"]


def test_what_follows_ten_thousand_characters_is_ignored() -> None:
    start = "ä" * 9_994 + " porn"
    told = model([]).analyse(
        Texts.of([start, start + " ", "ä" * 9_996 + " porn", start + "graphics" + " x" * 500_000])
    )
    assert (told.nsfw > 0).tolist() == [True, True, False, False]


def test_half_a_surrogate_pair_is_dropped() -> None:
    assert bytes(Texts.of(["a\ud800b"]).data) == b"ab"


@pytest.mark.parametrize(
    ("data", "offsets", "error", "fault"),
    [
        (np.array([255], np.uint8), np.array([0, 1]), ValueError, r"data\[0\].*UTF-8"),
        (np.zeros(3, np.uint8), np.array([0, 4]), ValueError, "offsets.*0 to 4"),
        (np.zeros(3, np.uint8), np.array([0, 2, 1]), ValueError, r"offsets\[2\] = 1"),
        (np.zeros(3, np.uint8), np.array([-1, 2]), ValueError, "offsets"),
        (np.zeros(3, np.uint8), np.zeros(0, np.int64), ValueError, "offsets"),
        (np.zeros(3, np.int8), np.array([0, 1]), TypeError, "data"),
        (np.zeros(3, np.uint8), np.array([0, 1], np.int32), TypeError, "offsets"),
        (np.zeros((3, 1), np.uint8), np.array([0, 1]), ValueError, "data"),
    ],
)
def test_what_is_no_text_is_refused_by_name(
    data: np.ndarray[tuple[int], np.dtype[np.uint8]],
    offsets: np.ndarray[tuple[int], np.dtype[np.int64]],
    error: type[Exception],
    fault: str,
) -> None:
    with pytest.raises(error, match=fault):
        model([]).analyse(Texts(data, offsets))
    with pytest.raises(error, match=fault):
        TermCounter().add(Texts(data, offsets))


def test_threads_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="threads = -1"):
        model([]).analyse(Texts.of(["x"]), threads=-1)


def test_what_progress_raises_ends_the_work() -> None:
    class StopError(Exception):
        pass

    def stop(_: int) -> None:
        raise StopError

    many = Texts.of(["some words about hiking and running in the mountains " * 20] * 60_000)
    with pytest.raises(StopError):
        model([]).analyse(many, threads=1, progress=stop)


def test_no_stop_word_is_spelled_in_a_way_that_no_text_can_have() -> None:
    for word in stop_words().words:
        assert word == unicodedata.normalize("NFKC", word).lower()
        assert word.replace("\u0307", "").isalnum() or any(unicodedata.category(c)[0] == "M" for c in word)
