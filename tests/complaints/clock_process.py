"""A clock that beats five times a second, so that a short outage finds it at work."""

from __future__ import annotations

from orchestrator.jobs import registry
from orchestrator.log import set_up_logging
from orchestrator.queue.clock import keep_ticking
from orchestrator.settings import load_settings

if __name__ == "__main__":
    set_up_logging("WARNING", terminal=False)
    keep_ticking(load_settings(), registry, interval_s=0.6)
