"""The contract with the application, stated once: what feedscore reads in schema app.

application.sql is the same as tables, template.py as views to fill in; check.py holds a live database to it.
"""

from __future__ import annotations

from .activity_tables import ACTIVITY_TABLES
from .pair_tables import PAIR_TABLES
from .profile_tables import PROFILE_TABLES
from .taste_tables import TASTE_TABLES
from .terms import Table

CONTRACT: tuple[Table, ...] = (*PROFILE_TABLES, *TASTE_TABLES, *PAIR_TABLES, *ACTIVITY_TABLES)
"""Every table, in the order in which they are made and filled."""
