"""The compiled kernels; use the names of the package, which check their arguments first."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from numpy.typing import NDArray

from .population import Bool, Int64, UInt32

# Any: the dtype follows from the kind
CopyParts: TypeAlias = tuple[
    str, str, NDArray[Any] | Sequence[str | None], Int64 | None, Bool | None, Sequence[str] | None
]

def copy_encode(columns: list[CopyParts], rows: UInt32 | None, header: bool, trailer: bool) -> bytes: ...
def copy_fingerprint(columns: list[CopyParts], seed: int) -> Int64: ...

class CopyDecoder:
    def __new__(cls, fields: list[tuple[str, str]]) -> CopyDecoder: ...
    def feed(self, chunk: bytes) -> None: ...
    def finish(self) -> list[tuple[NDArray[Any] | list[str | None], Int64 | None, Bool | None]]: ...
