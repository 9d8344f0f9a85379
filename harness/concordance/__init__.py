"""Agreement between fits: metrics, verdicts and causes."""
