"""Data drawn from a fitted model."""

from __future__ import annotations
