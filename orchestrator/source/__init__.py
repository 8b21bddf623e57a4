"""The application's side: the contract with its tables, its check, a synthetic town, and importers."""
