"""Many fits at once: how a pair of engines agrees over all indicators, terms and strata.

Descriptive throughout, never a gate: fits on one panel are dependent (DESIGN 7).
"""
