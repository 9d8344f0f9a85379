"""Figures of a simulation study: one dot a method and term, one panel a process."""
