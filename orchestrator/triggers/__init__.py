"""From events in the application to refreshes of what they touch."""
