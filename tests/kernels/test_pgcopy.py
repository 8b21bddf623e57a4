"""The COPY codec without a database: against a slow twin, cut anywhere, and given nonsense."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedscore import Column, Decoder, encode_rows, fingerprint_rows

from ..pgcopy_columns import column_of, columns, plain, slow_encode

FEW = settings(max_examples=50, deadline=None)
"""Drawing a table takes long, and longer on a busy machine."""

GOLDEN = [-1002094611677919401, 1135403877734467890, -1002094611677919401]

ENOUGH_KINDS = ("int8", "float4", "text", "bytea", "int8[]", "text[]")


def decode(stream: bytes, kinds: list[str], size: int | None = None) -> list[Column]:
    decoder = Decoder(kinds)
    step = size or max(len(stream), 1)
    for start in range(0, len(stream), step):
        decoder.feed(stream[start : start + step])
    return decoder.finish()


@FEW
@given(columns())
def test_rows_have_the_bytes_of_the_slow_twin(drawn: list[Column]) -> None:
    assert encode_rows(drawn) == slow_encode(drawn)


@FEW
@given(columns(), st.integers(1, 60))
def test_what_was_encoded_is_decoded_wherever_the_stream_is_cut(drawn: list[Column], size: int) -> None:
    decoded = decode(encode_rows(drawn), [f"{column.kind}?" for column in drawn], size)
    assert [plain(column) for column in decoded] == [plain(column) for column in drawn]


@FEW
@given(columns(), st.data())
def test_picked_rows_are_those_rows_in_that_order(drawn: list[Column], data: st.DataObject) -> None:
    n = len(drawn[0])
    picked = data.draw(st.lists(st.integers(0, n - 1), max_size=5)) if n else []
    one_by_one = [encode_rows([c.part(i, i + 1) for c in drawn], header=False, trailer=False) for i in picked]
    some = encode_rows(drawn, np.array(picked, np.uint32), header=False, trailer=False)
    assert some == b"".join(one_by_one)


@FEW
@given(columns(), st.integers(0, 6))
def test_parts_join_to_the_whole(drawn: list[Column], cut: int) -> None:
    head = encode_rows([column.part(0, cut) for column in drawn], trailer=False)
    tail = encode_rows([column.part(cut, 6) for column in drawn], header=False)
    assert head + tail == encode_rows(drawn)


@FEW
@given(st.binary(max_size=200), st.booleans())
def test_garbage_is_refused_and_never_crashes(garbage: bytes, has_header: bool) -> None:
    stream = encode_rows([column_of("a", "int8", [])], trailer=False) * has_header + garbage
    with pytest.raises(ValueError, match=r"COPY stream|column"):
        decode(stream, list(ENOUGH_KINDS))


@FEW
@given(columns(ENOUGH_KINDS), st.data())
def test_a_damaged_stream_is_an_error_or_columns_of_one_length(
    drawn: list[Column], data: st.DataObject
) -> None:
    stream = bytearray(encode_rows(drawn))
    at = data.draw(st.integers(0, len(stream) - 1))
    stream[at] = data.draw(st.integers(0, 255))
    try:
        decoded = decode(bytes(stream), [f"{kind}?" for kind in ENOUGH_KINDS])
    except ValueError:
        return
    assert len({len(column) for column in decoded}) == 1


@FEW
@given(columns(), st.integers(1, 60), st.integers(1, 5))
def test_rows_taken_on_the_way_and_the_rest_are_the_whole(drawn: list[Column], size: int, every: int) -> None:
    kinds = [f"{column.kind}?" for column in drawn]
    stream = encode_rows(drawn)
    decoder = Decoder(kinds)
    parts = []
    for number, start in enumerate(range(0, len(stream), size)):
        decoder.feed(stream[start : start + size])
        if number % every == 0:
            parts.append(decoder.take())
    parts.append(decoder.finish())
    joined = [[value for part in parts for value in plain(part[i])] for i in range(len(drawn))]
    assert joined == [plain(column) for column in decode(stream, kinds)]


def test_an_error_comes_again_and_a_finished_decoder_takes_no_more() -> None:
    decoder = Decoder(["int8"], ["id"])
    for _ in range(2):
        with pytest.raises(ValueError, match="signature"):
            decoder.feed(b"HTTP/1.1 200 OK")
        with pytest.raises(ValueError, match="signature"):
            decoder.take()
    decoder = Decoder(["int8"], ["id"])
    decoder.feed(encode_rows([column_of("id", "int8", [1])]))
    decoder.finish()
    with pytest.raises(ValueError, match="finished"):
        decoder.feed(b"")


@pytest.mark.parametrize(
    ("kinds", "sent", "message"),
    [
        (["int8", "int8"], column_of("x", "int8", [1]), "row 0: 1 fields, 2 columns"),
        (["int4"], column_of("x", "int8", [1]), "column id, row 0: 8 bytes, expected int4"),
        (["int8"], column_of("x", "int8", [1, None]), "column id, row 1: NULL"),
        (["float4[]"], column_of("x", "int8[]", [[1]]), "column id, row 0: an array of the type with oid 20"),
        (["text"], column_of("x", "bytea", [b"ok", b"\xff"]), "column id, row 1: bytes that are not UTF-8"),
        (["bool"], column_of("x", "bytea", [b"\x07"]), "column id, row 0: byte 7"),
        (["date"], column_of("x", "int4", [2**31 - 1]), "column id, row 0: infinity, expected date"),
        (["timestamptz"], column_of("x", "int8", [-(2**63)]), "column id, row 0: -infinity"),
        (["timestamptz"], column_of("x", "int8", [2**63 - 2]), "column id, row 0: a time after the year"),
    ],
)
def test_a_wrong_answer_is_told_by_column_row_and_value(kinds: list[str], sent: Column, message: str) -> None:
    decoder = Decoder(kinds, ["id", "other"][: len(kinds)])
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        decoder.feed(encode_rows([sent]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Column("a", "numeric", np.zeros(1)), "unknown kind 'numeric'"),
        (lambda: Column("a", "int8", np.zeros(1, np.int32)), "array of int32, expected an array of int64"),
        (lambda: Column("a", "date", np.zeros(1, "datetime64[s]")), r"datetime64\[s\]"),
        (lambda: Column("a", "int8", np.zeros((1, 1), np.int64)), "2 dimensions, expected 1"),
        (lambda: Column("a", "bytea", np.zeros(1, np.uint8)), "1 dimensions, expected 2"),
        (lambda: Column("a", "int8[]", np.zeros(1, np.int64)), "needs offsets"),
        (lambda: Column("a", "int8", np.zeros(1, np.int64), np.zeros(2, np.int64)), "takes no offsets"),
        (lambda: Column("a", "int8", np.zeros(1, np.int64), vocabulary=["x"]), "takes no vocabulary"),
        (lambda: Column("a", "text", "abc"), "str, expected a sequence of str"),
        (lambda: Column("a", "text", np.zeros(1), vocabulary=["x"]), "expected an array of integer codes"),
    ],
)
def test_a_column_that_cannot_be_is_refused_when_it_is_made(make: Callable[[], Column], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match="column a: .*" + message):
        make()


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (Column("a", "text", ["b", "c\0"]), "the text at 1 has a NUL"),
        (Column("a", "text", ["\ud800"]), "the text at 0 cannot be written in UTF-8"),
        (Column("a", "text", ["x", 5]), "the text at 1 is int"),  # type: ignore[list-item]  # on purpose
        (Column("a", "text", np.array([0, 2]), vocabulary=["x", "y"]), "code 2 at 1 names none of 2 words"),
        (Column("a", "text", np.array([-1]), vocabulary=["x"]), "code -1 at 0"),
        (Column("a", "int8[]", np.zeros(2, np.int64), np.array([0, 2, 1])), "offset 1 at 2"),
        (Column("a", "int8[]", np.zeros(2, np.int64), np.array([0, 3])), "offset 3 at 1"),
        (Column("a", "int8[]", np.zeros(2, np.int64), np.array([], np.int64)), "offsets are empty"),
        (
            Column("a", "int8", np.zeros(2, np.int64), valid=np.ones(1, np.bool_)),
            "valid has length 1, expected 2",
        ),
        (Column("a", "text", ["x", None], valid=np.ones(1, np.bool_)), "valid has length 1, expected 2"),
        (Column("a", "date", np.array(["NaT"], "datetime64[D]")), "row 0: NaT"),
        (Column("a", "timestamptz", np.array([-(2**62)], "datetime64[us]")), "no time of Postgres"),
    ],
)
def test_a_column_that_does_not_fit_is_refused_by_name(column: Column, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match="column a.*" + message):
        encode_rows([column])


def test_columns_of_two_lengths_are_refused_and_so_are_rows_that_are_not_there() -> None:
    one, two = column_of("one", "int8", [1]), column_of("two", "int8", [1, 2])
    with pytest.raises(ValueError, match="column two: the column has length 2, expected 1"):
        encode_rows([one, two])
    with pytest.raises(ValueError, match="rows: 1 was asked for, there are 1 rows"):
        encode_rows([one], np.array([1], np.uint32))
    with pytest.raises(ValueError, match="columns: 0 were given"):
        encode_rows([])


def test_what_stands_at_a_null_is_not_looked_at() -> None:
    valid = np.array([False])
    nothing = [
        Column("a", "text", np.array([-1]), valid=valid, vocabulary=["x"]),
        Column("b", "date", np.array(["NaT"], "datetime64[D]"), valid=valid),
    ]
    assert [plain(column) for column in decode(encode_rows(nothing), ["text?", "date?"])] == [[None], [None]]


def test_the_three_ways_to_give_texts_and_the_two_to_give_bytes_are_one_on_the_wire() -> None:
    listed = Column("a", "text", ["x", "", "x"])
    coded = Column("a", "text", np.array([1, 0, 1], np.uint8), vocabulary=("", "x"))
    assert encode_rows([listed]) == encode_rows([coded])
    flat = Column("a", "text[]", ["x", ""], np.array([0, 2, 2]))
    words = Column("a", "text[]", np.array([1, 0], np.int16), np.array([0, 2, 2]), vocabulary=["", "x"])
    assert encode_rows([flat]) == encode_rows([words])
    block = Column("a", "bytea", np.arange(6, dtype=np.uint8).reshape(2, 3))
    ragged = Column("a", "bytea", np.arange(6, dtype=np.uint8), np.array([0, 3, 6]))
    assert encode_rows([block]) == encode_rows([ragged])


def test_arrays_that_are_not_contiguous_are_read_in_their_order() -> None:
    strided = Column("a", "int4", np.arange(6, dtype=np.int32)[::2], valid=np.ones(6, np.bool_)[::2])
    assert plain(decode(encode_rows([strided]), ["int4"])[0]) == [0, 2, 4]


def test_null_items_of_text_arrays_are_dropped_and_those_of_number_arrays_refused() -> None:
    head = b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\0\x01"
    texts = (
        b"\0\0\0\x1d" + b"\0\0\0\x01\0\0\0\x01\0\0\0\x19\0\0\0\x02\0\0\0\x01" + b"\xff\xff\xff\xff\0\0\0\x01x"
    )
    assert plain(decode(head + texts + b"\xff\xff", ["text[]"])[0]) == [["x"]]
    numbers = b"\0\0\0\x18" + b"\0\0\0\x01\0\0\0\x01\0\0\0\x14\0\0\0\x01\0\0\0\x01" + b"\xff\xff\xff\xff"
    with pytest.raises(ValueError, match=r"column 0, row 0: .*as with a NULL item, expected int8\[\]"):
        decode(head + numbers + b"\xff\xff", ["int8[]"])


def test_a_fingerprint_is_the_same_everywhere_and_tells_content_and_seed_apart() -> None:
    rows = [column_of("id", "int8", [1, 2, 1]), column_of("name", "text", ["a", None, "a"])]
    prints = fingerprint_rows(rows)
    assert prints.tolist() == GOLDEN  # stored by jobs: a change here rewrites every table
    assert fingerprint_rows(rows, seed=1).tolist() != GOLDEN
    assert fingerprint_rows([rows[0].part(1, 2), rows[1].part(1, 2)]).tolist() == GOLDEN[1:2]
