"""What the report on a power analysis says, from its results dict alone."""
