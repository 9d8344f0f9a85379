"""Sections of the report, in files by what a reader asks; each is made from the material."""
