"""Tests of runs on workers."""  # noqa: A005 -- the mirror of orchestrator/queue
