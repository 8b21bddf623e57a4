"""The binary COPY format of Postgres: columns to rows, rows to columns, and a fingerprint of each row.

Kinds are named as in SQL. CSR means that row i is `values[offsets[i]:offsets[i + 1]]`.

    int2 int4 int8 float4 float8 bool   array of the dtype of that width
    date, timestamptz                   datetime64[D], datetime64[us] in UTC; from 4714 BC to 294246 AD
    text, jsonb (its text)              sequence of str, None for NULL; or integer codes with a vocabulary
    bytea                               uint8 of two dimensions, a row each; or uint8 with offsets, CSR
    int4[] int8[] float4[]              array of the items, with offsets, CSR
    text[]                              sequence of str, with offsets, CSR; or integer codes, with
                                        offsets and a vocabulary
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import _native
from .population import Bool, Int64, UInt32

AnyArray: TypeAlias = NDArray[Any]  # Any: the dtype follows from the kind, and is checked against it
Texts: TypeAlias = Sequence[str | None]

DTYPES: Mapping[str, np.dtype[Any]] = {  # Any: one dtype a kind
    "int2": np.dtype(np.int16),
    "int4": np.dtype(np.int32),
    "int8": np.dtype(np.int64),
    "float4": np.dtype(np.float32),
    "float8": np.dtype(np.float64),
    "bool": np.dtype(np.bool_),
    "date": np.dtype("datetime64[D]"),
    "timestamptz": np.dtype("datetime64[us]"),
    "bytea": np.dtype(np.uint8),
    "int4[]": np.dtype(np.int32),
    "int8[]": np.dtype(np.int64),
    "float4[]": np.dtype(np.float32),
}
"""The dtype of the values of each kind; the kinds of text have none."""

TEXT_KINDS = frozenset({"text", "jsonb", "text[]"})
LIST_KINDS = frozenset({"int4[]", "int8[]", "float4[]", "text[]"})


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table: its values, in the form that the module's docstring gives for its kind."""

    name: str
    kind: str
    values: AnyArray | Texts
    offsets: Int64 | None = None
    """One more than there are rows, ascending; the first need not be 0."""
    valid: Bool | None = None
    """False where NULL, whatever the value there; None = no NULL (but for None among texts)."""
    vocabulary: Sequence[str] | None = None
    """The words that the values are codes of."""

    def __post_init__(self) -> None:
        if self.kind not in DTYPES and self.kind not in TEXT_KINDS:
            known = ", ".join(sorted(DTYPES.keys() | TEXT_KINDS))
            raise self._error(ValueError, f"unknown kind {self.kind!r}; known are {known}")
        self._check_values()
        for part, array, dtype in (("offsets", self.offsets, np.int64), ("valid", self.valid, np.bool_)):
            if array is not None:
                self._check_array(part, array, np.dtype(dtype), (1,))
        if self.offsets is None and self.kind in LIST_KINDS:
            raise self._error(ValueError, f"kind {self.kind} needs offsets")
        if self.offsets is not None and self.kind not in LIST_KINDS | {"bytea"}:
            raise self._error(ValueError, f"kind {self.kind} takes no offsets")
        if self.vocabulary is not None and self.kind not in TEXT_KINDS:
            raise self._error(ValueError, f"kind {self.kind} takes no vocabulary")

    def __len__(self) -> int:
        """How many rows the column has."""
        return len(self.values) if self.offsets is None else max(len(self.offsets) - 1, 0)

    def part(self, start: int, stop: int) -> Column:
        """Cut out the rows from `start` to before `stop`, as a slice does; arrays are shared, not copied."""
        start, stop, _ = slice(start, stop).indices(len(self))
        rows, stop = slice(start, stop), max(start, stop)
        valid = None if self.valid is None else self.valid[rows]
        if self.offsets is None:
            return replace(self, values=self.values[rows], valid=valid)
        offsets = self.offsets[start : stop + 1]
        is_shared = isinstance(self.values, np.ndarray) and self.vocabulary is None
        if is_shared or not len(offsets) or offsets[0] < 0:  # below 0: left for the encoder to refuse
            return replace(self, offsets=offsets, valid=valid)
        # Texts and codes are copied when they are encoded, so only those of these rows go along.
        values = self.values[offsets[0] : offsets[-1]]
        return replace(self, values=values, offsets=offsets - offsets[0], valid=valid)

    def _check_values(self) -> None:
        if self.kind not in TEXT_KINDS:
            dimensions = (2,) if self.kind == "bytea" and self.offsets is None else (1,)
            self._check_array("values", self.values, DTYPES[self.kind], dimensions)
        elif self.vocabulary is None:
            if isinstance(self.values, str | bytes) or not isinstance(self.values, Sequence):
                raise self._error(TypeError, f"values are {_spell(self.values)}, expected a sequence of str")
        elif not (isinstance(self.values, np.ndarray) and self.values.dtype.kind in "iu"):
            raise self._error(
                TypeError, f"values are {_spell(self.values)}, expected an array of integer codes"
            )
        elif self.values.ndim != 1:
            raise self._error(ValueError, f"values have {self.values.ndim} dimensions, expected 1")

    def _check_array(self, part: str, array: object, dtype: np.dtype[Any], dimensions: tuple[int]) -> None:
        if not isinstance(array, np.ndarray) or array.dtype != dtype:
            raise self._error(TypeError, f"{part} are {_spell(array)}, expected an array of {dtype}")
        if array.ndim not in dimensions:
            raise self._error(ValueError, f"{part} have {array.ndim} dimensions, expected {dimensions[0]}")

    def _error(self, error: type[Exception], fault: str) -> Exception:
        return error(f"column {self.name}: {fault}")


def encode_rows(
    columns: Sequence[Column], rows: UInt32 | None = None, *, header: bool = True, trailer: bool = True
) -> bytes:
    """Encode rows for `COPY ... FROM STDIN (FORMAT binary)`; `rows` picks some, in its order, and may repeat.

    A stream may be made in parts, the first with the header, the last with the trailer; parts of 1 to 5 MB
    are by far the fastest. The GIL is free while bytes are written; texts are first copied under it.

    Raises ValueError or TypeError, naming the column: lengths that differ, offsets that descend or point
    outside the values, codes outside the vocabulary, NUL in a text, NaT or a time that Postgres has not.
    """
    if rows is not None and (not isinstance(rows, np.ndarray) or rows.dtype != np.uint32 or rows.ndim != 1):
        raise TypeError(f"rows are {_spell(rows)}, expected an array of uint32 of one dimension")
    picked = None if rows is None else np.ascontiguousarray(rows)
    return _native.copy_encode([_parts(column) for column in columns], picked, header, trailer)


def fingerprint_rows(columns: Sequence[Column], seed: int = 0) -> Int64:
    """Compute the xxh3-64 of each row as it is encoded: equal for equal content, on every platform.

    Order and kinds of the columns count, names do not; -0.0 differs from 0.0. `seed`: 0 to 2 ** 64 - 1.
    """
    return _native.copy_fingerprint([_parts(column) for column in columns], seed)


class Decoder:
    """Reads what `COPY ... TO STDOUT (FORMAT binary)` sends, in chunks that may be cut anywhere.

    `kinds` are those of the columns, in order; one with `?` behind it may hold NULL, and then has `valid`. At
    a NULL stands 0, False, NaN, NaT, None or nothing, as the kind allows. NULL items of text[] are dropped;
    arrays of numbers with a NULL item, arrays of more dimensions, and infinite dates and times are errors.
    """

    def __init__(self, kinds: Sequence[str], names: Sequence[str] | None = None) -> None:
        """Expect columns of these kinds; errors call them by `names`, or by their index."""
        self._kinds = tuple(kinds)
        self._names = tuple(names) if names is not None else tuple(str(i) for i in range(len(kinds)))
        if len(self._names) != len(self._kinds):
            raise ValueError(f"names: {len(self._names)} were given, for {len(self._kinds)} kinds")
        self._native = _native.CopyDecoder(list(zip(self._names, self._kinds, strict=True)))

    def feed(self, chunk: bytes) -> None:
        """Read the next bytes; raises ValueError with column, row and value, now and at every later call."""
        self._native.feed(chunk)

    def take(self) -> list[Column]:
        """Give the whole rows read since the last time, and go on; raises ValueError after a refused chunk."""
        return self._columns(self._native.take())

    def finish(self) -> list[Column]:
        """Give the columns, after the last chunk; raises ValueError where the stream has not ended."""
        return self._columns(self._native.finish())

    def _columns(self, read: list[_native.CopyRead]) -> list[Column]:
        return [
            _column(name, kind.removesuffix("?"), *parts)
            for name, kind, parts in zip(self._names, self._kinds, read, strict=True)
        ]


def _column(
    name: str, kind: str, values: AnyArray | Texts, offsets: Int64 | None, valid: Bool | None
) -> Column:
    if kind in {"date", "timestamptz"} and isinstance(values, np.ndarray):
        values = values.view(DTYPES[kind])
    return Column(name, kind, values, offsets, valid)


def _parts(column: Column) -> _native.CopyParts:
    values = column.values
    if isinstance(values, np.ndarray):
        if column.vocabulary is not None:
            values = values.astype(np.int64)  # a code above 2 ** 63 turns negative: as far outside as before
        elif column.kind in {"date", "timestamptz"}:
            values = np.ascontiguousarray(values).view(np.int64)
        else:
            values = np.ascontiguousarray(values)
    offsets = None if column.offsets is None else np.ascontiguousarray(column.offsets)
    valid = None if column.valid is None else np.ascontiguousarray(column.valid)
    return column.name, column.kind, values, offsets, valid, column.vocabulary


def _spell(value: object) -> str:
    return f"an array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
