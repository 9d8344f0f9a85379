"""What the command line changes in a study file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from harness.choices import Settings, Verdict
from harness.engines import engine
from harness.errors import ConfigError
from harness.study.config import Study
from harness.study.loading import message


@dataclass(frozen=True, slots=True)
class Changes:
    """Engines, settings and level instead of the study's own; None leaves them."""

    engines: list[str] | None = None
    settings: list[Settings] | None = None
    level: Verdict | None = None


def changed(study: Study, asked: Changes) -> Study:
    """Return the study with the changes; variants keep only engines asked for.

    Raises
    ------
    ConfigError
        For an engine that is not known, or that cannot fit the study's model.
    """
    changes: dict[str, Any] = {}
    if asked.engines is not None:
        names = [engine(name).name for name in asked.engines]
        kept = [
            variant.model_copy(update={"engines": [e for e in variant.engines if e in names]})
            for variant in study.variants
        ]
        changes |= {"engines": names, "variants": [part for part in kept if part.engines]}
    if asked.settings is not None:
        changes["settings"] = asked.settings
    if asked.level is not None:
        changes["level"] = asked.level
    try:
        # Validated anew: an engine named here must be able to fit the study's model.
        return Study.model_validate({**study.model_dump(), **changes})
    except ValidationError as error:
        raise ConfigError(message(error.errors()[0])) from None
