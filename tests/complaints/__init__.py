"""What people complain about in systems like this one: fifteen things, and for each a test that it is not so here.

Short forms are in the suite; `FEEDSCORE_LONG=1` makes outages last 30 seconds and lets dead runs be found at leisure. Of
what is not built yet (alerts, a dashboard, searching, two versions of an algorithm side by side) only what holds is tested:
docs/operations.md says what is missing.
"""
