"""The history of schema feed, run by Alembic."""
