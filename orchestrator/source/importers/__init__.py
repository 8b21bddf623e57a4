"""Real people from public data sets, as rows of the application's tables."""
