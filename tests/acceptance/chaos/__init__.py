"""Everything at once: load on a system whose parts are killed at random, and what must hold when it is over.

`python -m tests.acceptance.chaos --minutes 10 --seed 1` is the long form, `tests/acceptance/test_chaos.py` the short.
"""
