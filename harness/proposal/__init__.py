"""A study proposed from a table: its columns read, the panel shown, a study file written."""
