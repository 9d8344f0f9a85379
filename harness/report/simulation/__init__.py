"""What the report on a simulation study says, from its results dict alone."""
