"""Settings: the environment wins over the file, the file over the default, and a mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.cli.config import effective, masked
from orchestrator.errors import SettingsError
from orchestrator.settings import load_settings, origins


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_environment_wins_over_the_file_over_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("feedscore.toml").write_text("threads = 3\nwrite_connections = 4\n[match]\nquiz_weight = 0.5\n")
    monkeypatch.setenv("FEEDSCORE_THREADS", "7")
    monkeypatch.setenv("FEEDSCORE_MATCH__GOALS_WEIGHT", "0.25")
    settings, sources = load_settings(), origins()
    assert (settings.threads, settings.write_connections, settings.connect_timeout_s) == (7, 4, 10)
    assert (settings.match.quiz_weight, settings.match.goals_weight) == (0.5, 0.25)
    assert {name: sources[name] for name in ("threads", "write_connections", "connect_timeout_s")} == {
        "threads": "environment FEEDSCORE_THREADS",
        "write_connections": "file feedscore.toml",
        "connect_timeout_s": "default",
    }
    assert sources["match.quiz_weight"] == "file feedscore.toml"
    assert sources["match.goals_weight"] == "environment FEEDSCORE_MATCH__GOALS_WEIGHT"


def test_every_setting_has_an_origin() -> None:
    assert set(effective(load_settings())) == set(origins())


@pytest.mark.parametrize(
    ("variable", "value", "fault"),
    [
        ("FEEDSCORE_THREADS", "many", "setting threads: .*got 'many'"),
        ("FEEDSCORE_LOG_LEVEL", "LOUD", "setting log_level: .*got 'LOUD'"),
        ("FEEDSCORE_MATCH__QUIZ_WEIGHT", "-1", "quiz_weight"),
        (
            "FEEDSCORE_CONFIG",
            "nowhere.toml",
            "FEEDSCORE_CONFIG names a file that does not exist: nowhere.toml",
        ),
    ],
)
def test_a_bad_value_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, fault: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=fault):
        load_settings()


def test_an_unknown_key_of_the_file_is_named() -> None:
    Path("feedscore.toml").write_text("thread = 3\n")
    with pytest.raises(SettingsError, match="thread"):
        load_settings()


def test_a_bad_address_is_not_repeated_with_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDSCORE_DATABASE_URL", "mysql://me:secret@host/name")
    with pytest.raises(SettingsError, match=r"database_url: .*must start with postgresql") as caught:
        load_settings()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["api_token", "api_signing_key"])
def test_a_secret_that_can_be_guessed_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"FEEDSCORE_{name.upper()}", "too-short")
    with pytest.raises(SettingsError, match=f"setting {name}: .*16 or more") as caught:
        load_settings()
    assert "too-short" not in str(caught.value)


def test_keys_and_tokens_are_shown_as_stars(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ("api_token", "api_signing_key", "analyser_key")
    for name in secrets:
        monkeypatch.setenv(f"FEEDSCORE_{name.upper()}", "0123456789abcdef")
    shown = effective(load_settings())
    assert {shown[name] for name in secrets} == {"***"}


@pytest.mark.parametrize(
    "address", ["http://me:secret@host/v1/messages", "ftp://host/v1/messages", "http://host"]
)
def test_the_address_of_an_analyser_holds_no_password_and_ends_as_it_must(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("FEEDSCORE_ANALYSER_URL", address)
    with pytest.raises(SettingsError, match="setting analyser_url") as caught:
        load_settings()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:secret@host:5432/name", "postgresql://me:***@host:5432/name"),
        ("postgresql://me:se@cret@host/name", "postgresql://me:***@host/name"),
        (
            "postgresql://host/name?user=me&password=secret&x=1",
            "postgresql://host/name?user=me&password=***&x=1",
        ),
        ("postgresql://me@host/name", "postgresql://me@host/name"),
        ("postgresql:///name?host=/tmp/a:b", "postgresql:///name?host=/tmp/a:b"),
    ],
)
def test_passwords_are_masked_wherever_they_stand(address: str, shown: str) -> None:
    assert masked(address) == shown
