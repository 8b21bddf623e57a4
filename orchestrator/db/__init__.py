"""Postgres: where it is, what we keep in it, and how columns come out and rows go in."""
