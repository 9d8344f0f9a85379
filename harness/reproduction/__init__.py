"""Reproductions: a difference that no cause explains, small enough to be sent upstream."""

from harness.reproduction.write import Reproduction, write_reproduction

__all__ = ["Reproduction", "write_reproduction"]
