"""Command ``studies``."""

from __future__ import annotations

from harness.cli.options import AsJson, examples
from harness.cli.terminal import say, say_json
from harness.study.built_in import built_in_studies

EXAMPLES = examples("harness studies", "harness studies --json")
COMMANDS = {"source": "run", "simulate": "simulate", "power": "power"}


def studies(as_json: AsJson = False) -> None:
    """List the built-in studies, and the commands that each is for."""
    from harness.study.loading import load_plan

    found = []
    for name, path in built_in_studies().items():
        plan = load_plan(path)
        commands = [word for key, word in COMMANDS.items() if getattr(plan, key, None) is not None]
        found.append({"study": name, "title": plan.title, "commands": commands, "file": str(path)})
    if as_json:
        say_json(found)
        return
    for row in found:
        say(f"{row['study']}: {row['title']} ({', '.join(row['commands'])})")
