"""SELECT to NumPy: binary COPY out of Postgres, one array a column, at the speed of the server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

from feedscore import Column, Decoder

from ..errors import DatabaseError

COPY_OUT = "COPY ({query}) TO STDOUT (FORMAT binary)"
"""Send what a query selects as one stream."""

INT8_ARRAY_OID = 1016

Bool = NDArray[np.bool_]
Int64 = NDArray[np.int64]


class ColumnsError(DatabaseError):
    """The database sent columns that are not of the kinds that were expected."""


class Columns(Mapping[str, Column]):
    """The columns that a query selected, by name, in order, all with the same number of rows.

    Each method gives the values of a column of one kind, and raises TypeError for another. At a NULL, which
    only kinds declared with `?` let through, stands 0, False, NaN, NaT, None or nothing: `valid` tells.
    """

    def __init__(self, columns: list[Column]) -> None:
        self._columns = {column.name: column for column in columns}
        self.rows = len(columns[0]) if columns else 0
        """How many rows each column has."""

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """How many columns there are."""
        return len(self._columns)

    def valid(self, name: str) -> Bool:
        """Tell where a column of any kind is not NULL."""
        valid = self[name].valid
        return np.ones(self.rows, np.bool_) if valid is None else valid

    def int16(self, name: str) -> NDArray[np.int16]:
        """The values of an int2."""
        return self._array(name, "int2")

    def int32(self, name: str) -> NDArray[np.int32]:
        """The values of an int4."""
        return self._array(name, "int4")

    def int64(self, name: str) -> Int64:
        """The values of an int8."""
        return self._array(name, "int8")

    def float32(self, name: str) -> NDArray[np.float32]:
        """The values of a float4."""
        return self._array(name, "float4")

    def float64(self, name: str) -> NDArray[np.float64]:
        """The values of a float8."""
        return self._array(name, "float8")

    def boolean(self, name: str) -> Bool:
        """The values of a bool."""
        return self._array(name, "bool")

    def dates(self, name: str) -> NDArray[np.datetime64]:
        """The values of a date, as datetime64[D]."""
        return self._array(name, "date")

    def instants(self, name: str) -> NDArray[np.datetime64]:
        """The values of a timestamptz, as datetime64[us] in UTC."""
        return self._array(name, "timestamptz")

    def texts(self, name: str) -> list[str]:
        """The values of a text or jsonb without NULL."""
        texts = self.optional_texts(name)
        if self[name].valid is not None:
            raise TypeError(f"column {name}: may hold NULL; ask for optional_texts")
        return texts  # type: ignore[return-value]  # None stands only in a column with `valid`

    def optional_texts(self, name: str) -> list[str | None]:
        """The values of a text or jsonb, None where NULL."""
        return self._strings(name, "text", "jsonb")

    def blobs(self, name: str) -> tuple[NDArray[np.uint8], Int64]:
        """The bytes of a bytea, and the offsets of each row in them."""
        return self._array(name, "bytea"), self._offsets(name)

    def vectors(self, name: str, dimensions: int) -> NDArray[np.float32]:
        """The rows of a bytea of little-endian float32, (rows, dimensions), all 0 where NULL."""
        values, offsets = self.blobs(name)
        valid = self.valid(name)
        wrong = np.flatnonzero((np.diff(offsets) != 4 * dimensions) & valid)
        if len(wrong):
            row = int(wrong[0])
            seen = int(offsets[row + 1] - offsets[row])
            raise ColumnsError(
                f"column {name}, row {row}: {seen} bytes, expected {4 * dimensions} ({dimensions} x float32)"
            )
        vectors = np.zeros((self.rows, dimensions), np.float32)
        vectors[valid] = values.view("<f4").reshape(-1, dimensions)
        return vectors

    def int32_lists(self, name: str) -> tuple[NDArray[np.int32], Int64]:
        """The items of an int4[], and the offsets of each row in them."""
        return self._array(name, "int4[]"), self._offsets(name)

    def int64_lists(self, name: str) -> tuple[Int64, Int64]:
        """The items of an int8[], and the offsets of each row in them."""
        return self._array(name, "int8[]"), self._offsets(name)

    def float32_lists(self, name: str) -> tuple[NDArray[np.float32], Int64]:
        """The items of a float4[], and the offsets of each row in them."""
        return self._array(name, "float4[]"), self._offsets(name)

    def text_lists(self, name: str) -> tuple[list[str], Int64]:
        """The items of a text[] that are not NULL, and the offsets of each row in them."""
        return self._strings(name, "text[]"), self._offsets(name)  # type: ignore[return-value]  # NULLs are dropped

    def _array(self, name: str, kind: str) -> NDArray[Any]:  # Any: the dtype follows from the kind
        values = self._of_kind(name, kind).values
        assert isinstance(values, np.ndarray)  # noqa: S101 -- narrows the type
        return values

    def _strings(self, name: str, *kinds: str) -> list[str | None]:
        values = self._of_kind(name, *kinds).values
        assert isinstance(values, list)  # noqa: S101 -- narrows the type
        return values

    def _offsets(self, name: str) -> Int64:
        offsets = self[name].offsets
        assert offsets is not None  # noqa: S101 -- the kinds that are asked for have them
        return offsets

    def _of_kind(self, name: str, *kinds: str) -> Column:
        column = self[name]
        if column.kind not in kinds:
            raise TypeError(f"column {name}: is of kind {column.kind}, asked for as {' or '.join(kinds)}")
        return column


def fetch(
    connection: psycopg.Connection,
    query: str,
    kinds: Mapping[str, str],
    params: Mapping[str, object] | None = None,
    *,
    rows_per_chunk: int = 500,
) -> Columns:
    """Run a constant SELECT and give its columns as arrays; `kinds` is name to kind, in the SELECT's order.

    Kinds are those of `feedscore.Decoder`; names are ours, those in SQL do not count. `params` go in for
    `%(name)s` as literals, since COPY has no parameters, an int64 array as bigint[]; with them, a percent
    sign is written `%%`. Raises ColumnsError where the answer is not of these kinds.
    """
    decoder = Decoder(list(kinds.values()), list(kinds))
    for _ in _fed(connection, query, decoder, params, rows_per_chunk):
        pass
    with _decoding():
        return Columns(decoder.finish())


def fetch_parts(
    connection: psycopg.Connection,
    query: str,
    kinds: Mapping[str, str],
    params: Mapping[str, object] | None = None,
    *,
    rows_per_part: int,
    rows_per_chunk: int = 2_000,
) -> Iterator[Columns]:
    """Run a SELECT as `fetch` does, and give its answer in parts of about `rows_per_part` rows, none empty.

    No more than one part is held at a time. The connection is busy until the last part was given; where
    the caller stops before, the statement is cancelled, and the transaction can only be rolled back.
    """
    decoder = Decoder(list(kinds.values()), list(kinds))
    rows = 0
    for received in _fed(connection, query, decoder, params, rows_per_chunk):
        rows += received
        if rows >= rows_per_part:
            yield Columns(decoder.take())
            rows = 0
    with _decoding():
        last = Columns(decoder.finish())
    if last.rows:
        yield last


@contextlib.contextmanager
def _decoding() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ColumnsError(str(error)) from None


def _fed(
    connection: psycopg.Connection,
    query: str,
    decoder: Decoder,
    params: Mapping[str, object] | None,
    rows_per_chunk: int,
) -> Iterator[int]:
    """Feed the answer to the decoder, and tell about how many rows came each time."""
    with psycopg.ClientCursor(connection) as cursor:
        cursor.adapters.register_dumper(np.ndarray, _IdsDumper)
        with cursor.copy(COPY_OUT.format(query=query).encode(), params) as copy:
            for messages in _received(connection.pgconn, copy, rows_per_chunk):
                with _decoding():
                    decoder.feed(b"".join(messages))
                yield len(messages)


def _received(connection: PGconn, copy: psycopg.Copy, limit: int) -> Iterator[list[Buffer]]:
    """Receive the messages of a COPY, one a row, some at a time.

    What has arrived already is taken from libpq itself: that takes half the time of `iter(copy)`, which sets
    up a wait for every row. `copy.read` waits for more, so that an interrupt is still heard.
    """
    messages: list[Buffer] = []
    message: Buffer
    while True:
        size, message = connection.get_copy_data(1)
        if size < 0:
            break
        if size == 0 or len(messages) == limit:
            yield messages
            messages = []
        if size == 0 and not (message := copy.read()):
            return
        messages.append(message)
    # Before the last messages are judged: the connection is idle again, and stays usable if they are refused.
    for result in list(iter(connection.get_result, None)):
        if result.status == ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(result)
    yield messages


class _IdsDumper(Dumper):
    """Spells an int64 array as a literal of type bigint[]."""

    oid = INT8_ARRAY_OID

    def dump(self, obj: Int64) -> Buffer:
        if obj.dtype != np.int64 or obj.ndim != 1:
            raise TypeError(
                f"params: an array of {obj.dtype} and {obj.ndim} dimensions, expected ids (int64, 1)"
            )
        return ("{" + ",".join(map(str, obj.tolist())) + "}").encode()
