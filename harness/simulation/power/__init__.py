"""Power: how often a test rejects, and the design or the effect at which it does often enough."""
