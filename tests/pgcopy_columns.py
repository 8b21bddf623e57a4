"""Columns for the tests of the COPY codec: drawn by hypothesis, made of plain values, and turned back."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from feedscore import Column
from feedscore.pgcopy import DTYPES

Value: TypeAlias = Any  # Any: an int, a float, a bool, a str, bytes or a list, as the kind says

TYPES = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "date": "date",
    "timestamptz": "timestamptz",
    "text": "text",
    "bytea": "bytea",
    "int4[]": "integer[]",
    "int8[]": "bigint[]",
    "float4[]": "real[]",
    "text[]": "text[]",
}
"""Each kind that goes both ways, as SQL spells it."""

FORMATS = {"int2": "h", "int4": "i", "int8": "q", "float4": "f", "float8": "d", "bool": "?"}
OIDS = {"int4": 23, "int8": 20, "float4": 700, "text": 25}

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6
) | st.sampled_from(["", "\\N", "\\.", "a\tb", "a\nb\r", "🦀 é", "{NULL}", '"', "'"])


def integers(bits: int) -> st.SearchStrategy[int]:
    """Draw integers of so many bits, the extremes often."""
    least, most = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return st.integers(least, most) | st.sampled_from([least, -1, 0, most])


VALUES: dict[str, st.SearchStrategy[Value]] = {
    "int2": integers(16),
    "int4": integers(32),
    "int8": integers(64),
    "float4": st.floats(width=32, allow_nan=False),
    "float8": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "date": st.integers(-2_440_588, 2_145_042_905),  # 4714-11-24 BC to 5874897-12-31
    "timestamptz": st.integers(-210_866_803_200_000_000, 2**63 - 1),
    "text": texts,
    "bytea": st.binary(max_size=6),
    "int4[]": st.lists(integers(32), max_size=4),
    "int8[]": st.lists(integers(64), max_size=4),
    "float4[]": st.lists(st.floats(width=32, allow_nan=False), max_size=4),
    "text[]": st.lists(texts, max_size=4),
}


@st.composite
def columns(draw: st.DrawFn, kinds: Sequence[str] = tuple(TYPES)) -> list[Column]:
    """Draw one column of each kind, some cells NULL, all of one length."""
    rows = draw(st.integers(0, 6))
    cells = {kind: draw(st.lists(st.none() | VALUES[kind], min_size=rows, max_size=rows)) for kind in kinds}
    return [column_of(f"c{i} {kind}", kind, values) for i, (kind, values) in enumerate(cells.items())]


def column_of(name: str, kind: str, cells: Sequence[Value | None]) -> Column:
    """Make a column of plain values; times count from 1970, in days or microseconds."""
    valid = np.array([cell is not None for cell in cells], np.bool_)
    if kind == "text":
        return Column(name, kind, list(cells), valid=valid)
    if kind == "bytea" or kind.endswith("[]"):
        lists = [cell if cell is not None else [] for cell in cells]
        items = [item for cell in lists for item in cell]
        offsets = np.cumsum([0, *map(len, lists)], dtype=np.int64)
        values = items if kind == "text[]" else np.array(items, DTYPES[kind])
        return Column(name, kind, values, offsets, valid)
    numbers = [cell if cell is not None else 0 for cell in cells]
    return Column(name, kind, _array(numbers, DTYPES[kind]), valid=valid)


def plain(column: Column) -> list[Value | None]:
    """Give the plain values of a column, None where NULL."""
    values = column.values
    if isinstance(values, np.ndarray):
        values = (values.view(np.int64) if values.dtype.kind == "M" else values).tolist()
    cells: list[Value] = list(values)
    if column.offsets is not None:
        cells = [cells[start:end] for start, end in pairwise(column.offsets.tolist())]
    if column.kind == "bytea":
        cells = [bytes(cell) for cell in cells]
    valid = [True] * len(cells) if column.valid is None else column.valid.tolist()
    return [cell if is_valid else None for cell, is_valid in zip(cells, valid, strict=True)]


def slow_encode(columns: Sequence[Column]) -> bytes:
    """Encode as `feedscore.encode_rows` does, cell by cell: the oracle."""
    rows = zip(*[[_field(column.kind, cell) for cell in plain(column)] for column in columns], strict=True)
    body = b"".join(struct.pack(">h", len(columns)) + b"".join(row) for row in rows)
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + body + b"\xff\xff"


def _field(kind: str, cell: Value | None) -> bytes:
    if cell is None:
        return struct.pack(">i", -1)
    if kind.endswith("[]"):
        item = kind.removesuffix("[]")
        content = struct.pack(">iiI", 1 if cell else 0, 0, OIDS[item])
        content += struct.pack(">ii", len(cell), 1) if cell else b""
        content += b"".join(_field(item, value) for value in cell)
    elif kind == "text":
        content = cell.encode()
    elif kind == "bytea":
        content = cell
    elif kind == "date":
        content = struct.pack(">i", cell - 10_957)
    elif kind == "timestamptz":
        content = struct.pack(">q", cell - 10_957 * 86_400_000_000)
    else:
        content = struct.pack(">" + FORMATS[kind], cell)
    return struct.pack(">i", len(content)) + content


def _array(numbers: Sequence[Value], dtype: np.dtype[Any]) -> NDArray[Any]:  # Any: one dtype a kind
    if dtype.kind == "M":
        return np.array(numbers, np.int64).view(dtype)
    return np.array(numbers, dtype)
