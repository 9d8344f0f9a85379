"""What tests of this package, and of others, draw their data from."""
