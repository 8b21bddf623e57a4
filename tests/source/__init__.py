"""The contract with the application, its check, and what fills its tables."""
