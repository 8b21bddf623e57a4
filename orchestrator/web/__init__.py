"""The HTTP API: events in, analyses asked for, how things stand."""
