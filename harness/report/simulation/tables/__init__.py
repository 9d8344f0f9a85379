"""Tables of a simulation study."""
