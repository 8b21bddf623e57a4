"""Runs on workers: Postgres knows what is to be done, RQ carries the numbers of the runs that are ready."""
