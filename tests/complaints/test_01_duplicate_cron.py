"""Complaint 1: a cron fires twice after a restart, or with two schedulers."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import replace

import redis

from orchestrator.queue.clock import Clock
from orchestrator.queue.tick import provide_schedules, tick
from orchestrator.registry import Registry
from tests.queue.conftest import CHAIN, Desk
from tests.queue.test_tick import SLOTS, at

QUARTERLY = Registry.of([replace(CHAIN["first"], schedule="*/15 * * * *")])
RESTARTS = 34
"""Of each of three clocks."""


def test_three_schedulers_and_a_hundred_restarts_fire_every_slot_once(
    desk: Desk, broker: redis.Redis
) -> None:
    provide_schedules(desk.database, desk.settings, QUARTERLY)
    desk.rows("UPDATE feed.schedule SET misfire = 'all', decided_until = %s RETURNING name", at(0))

    def keep_restarting(number: int) -> None:
        dice = random.Random(number)
        for n in range(1, RESTARTS + 1):
            clock = Clock(broker, "feedscore")
            provide_schedules(desk.database, desk.settings, QUARTERLY)
            clock.beat()
            tick(desk.database, desk.settings, QUARTERLY, now=at(15 * n))
            if dice.random() < 0.1:
                broker.flushall()
            desk.work()

    clocks = [threading.Thread(target=keep_restarting, args=(number,)) for number in range(3)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    while tick(desk.database, desk.settings, QUARTERLY, now=at(15 * RESTARTS)):
        desk.work()
    slots = desk.rows(SLOTS)
    assert [slot for slot, _ in slots] == [at(15 * n) for n in range(1, RESTARTS + 1)]
    outcomes = Counter(outcome for _, outcome in slots)
    assert set(outcomes) <= {"enqueued", "joined"}
    assert desk.rows("SELECT count(*) FROM feed.job_run") == [(outcomes["enqueued"],)]
    assert outcomes["enqueued"] >= RESTARTS - outcomes["joined"]
