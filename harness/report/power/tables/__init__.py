"""Tables of a power analysis."""
