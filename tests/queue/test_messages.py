"""What goes through Redis: numbers of runs in JSON, under our prefix, and nothing is lost when Redis loses them."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr
from rq import Worker

from orchestrator.errors import BrokerError
from orchestrator.queue.broker import QUEUES, check, connect
from orchestrator.queue.clock import Clock
from orchestrator.queue.dispatch import dispatch, find_lost
from orchestrator.queue.embedded_redis import EmbeddedRedis
from orchestrator.queue.worker import make_worker
from orchestrator.settings import Settings

from .conftest import Desk


def test_a_message_is_the_number_of_a_run_in_json(desk: Desk, broker: redis.Redis) -> None:
    (one,) = desk.enqueue("first")
    assert dispatch(desk.database, broker) == 1
    assert dispatch(desk.database, broker) == 0
    (key,) = broker.keys("*:job:run-*")
    data = broker.hget(key, "data")
    assert isinstance(data, bytes)
    name, _, arguments, options = json.loads(zlib.decompress(data))
    assert (name, arguments, options) == ("orchestrator.queue.execute.execute", [one.record.id], {})


def test_all_keys_carry_the_prefix_and_those_of_others_stay(desk: Desk, broker: redis.Redis) -> None:
    broker.set("somebody:else", "1")
    desk.enqueue("third")
    dispatch(desk.database, broker)
    Clock(broker, "feedscore").beat()
    keys = set(broker.keys())
    ours = set(broker.keys("feedscore:*"))
    assert len(ours) > 3
    assert keys - ours == {b"somebody:else"}


def test_a_redis_that_was_emptied_gets_the_runs_again(
    desk: Desk, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.queue.dispatch.OVERDUE_S", -60.0)
    desk.enqueue("first")
    dispatch(desk.database, broker)
    assert find_lost(desk.database, broker) == 0, "Redis still has it"
    broker.flushall()
    assert find_lost(desk.database, broker) == 1
    assert dispatch(desk.database, broker) == 1


def test_a_message_whose_worker_died_before_it_began_is_sent_again(
    desk: Desk, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.queue.dispatch.OVERDUE_S", -60.0)
    desk.enqueue("first")
    dispatch(desk.database, broker)
    assert broker.lmove("feedscore:queue:medium", "feedscore:queue:medium:intermediate")
    assert find_lost(desk.database, broker) == 1


def test_runs_wait_in_postgres_while_redis_is_away(desk: Desk, tmp_path: Path) -> None:
    (one,) = desk.enqueue("first")
    away = redis.Redis(unix_socket_path=str(tmp_path / "nowhere.sock"))
    assert dispatch(desk.database, away) == 0
    assert desk.find(one.record.id).dispatched_at is None
    assert desk.work() == [one.record.id]


def test_a_tick_is_pushed_once_in_its_interval_whatever_the_number_of_clocks(broker: redis.Redis) -> None:
    clocks = [Clock(broker, "feedscore", interval_s=60) for _ in range(3)]
    for _ in range(10):
        for clock in clocks:
            clock.beat()
    assert broker.llen("feedscore:queue:high") == 1
    broker.zadd("feedscore:clock:ticks", {"tick": 1})
    clocks[1].beat()
    assert broker.llen("feedscore:queue:high") == 2
    broker.delete("feedscore:clock:ticks")
    clocks[2].beat()
    assert broker.llen("feedscore:queue:high") == 3, "a clock whose entry was lost begins anew"


def test_without_redis_the_error_says_what_to_do(tmp_path: Path) -> None:
    nowhere = Settings(data_dir=tmp_path)
    with pytest.raises(BrokerError, match="orchestrator up"):
        check(connect(nowhere), nowhere)
    named = Settings(data_dir=tmp_path, redis_url=SecretStr("redis://:secret@127.0.0.1:1/0"))
    with pytest.raises(BrokerError, match="FEEDSCORE_REDIS_URL") as caught:
        check(connect(named), named)
    assert "secret" not in str(caught.value)


def test_the_embedded_redis_keeps_what_it_held_and_listens_on_no_network(broker_settings: Settings) -> None:
    settings = broker_settings.model_copy(update={"data_dir": broker_settings.data_dir / "again"})
    server = EmbeddedRedis(settings)
    server.start()
    connection = connect(settings)
    connection.set("feedscore:kept", "1")
    assert connection.config_get("port") == {"port": "0"}
    assert server.socket.stat().st_mode & 0o077 == 0
    server.stop()
    assert not server.socket.exists()
    server.start()
    assert connect(settings).get("feedscore:kept") == b"1"
    server.stop()


def test_a_redis_that_outlived_its_parent_is_ended_before_another_takes_its_files(
    broker_settings: Settings,
) -> None:
    settings = broker_settings.model_copy(update={"data_dir": broker_settings.data_dir / "orphan"})
    orphan, server = EmbeddedRedis(settings), EmbeddedRedis(settings)
    orphan.start()
    connect(settings).set("feedscore:kept", "1")
    server.start()
    assert (orphan.is_running, server.is_running) == (False, True)
    assert connect(settings).get("feedscore:kept") == b"1"
    server.stop()


def test_a_worker_whose_redis_was_emptied_is_listed_again_with_its_next_heartbeat(
    broker: redis.Redis,
) -> None:
    worker = make_worker(broker)
    worker.register_birth()  # type: ignore[no-untyped-call]  # RQ's own
    broker.flushall()
    worker.heartbeat()
    (listed,) = Worker.all(connection=broker)
    assert (listed.name, listed.pid, listed.queue_names()) == (worker.name, worker.pid, list(QUEUES))


def test_a_folder_with_too_long_a_name_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="data_dir"):
        EmbeddedRedis(Settings(data_dir=tmp_path / ("x" * 120)))
