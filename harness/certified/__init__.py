"""Certified reference values, and how many of their digits each engine reproduces."""
