"""Data-generating processes: who is observed when, and how the counts come about."""
