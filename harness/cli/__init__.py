"""The command line; ``main`` is its door, and nothing is loaded before it is opened."""

from __future__ import annotations


def main() -> None:
    """Run the command line; an error of the harness is one line and an exit code."""
    from harness.cli.interrupt import watch

    watch()
    from harness.cli.entry import run

    run()
