"""Studies: a panel, a model, engines and outputs, in one file."""
