"""From a panel, a model and the names of engines to the fits to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from harness.design import Design
from harness.engines import FitOptions, require
from harness.engines.base import SeMethod, Settings, Transport
from harness.engines.workers import Task
from harness.errors import ConfigError
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.sources.names import suggestion


def tasks_of(
    data: Panel | Design,
    model: SegmentedPoisson | None,
    engines: Sequence[str],
    options: FitOptions,
    stratum: str,
) -> list[Task]:
    """Return one task an engine.

    Raises
    ------
    ConfigError
        For an unknown engine or option, or a panel without a model.
    EngineUnavailable
        If an engine cannot run here, with what to install.
    DesignError
        If the model cannot be built on the panel.
    """
    for name, value, known in (
        ("settings", options.settings, get_args(Settings)),
        ("se_method", options.se_method, get_args(SeMethod)),
        ("transport", options.transport, get_args(Transport)),
    ):
        if value not in known:
            raise ConfigError(f"{name} {value!r} is not known: {suggestion(value, known)}")
    if isinstance(engines, str) or not engines:
        raise ConfigError(f"engines is {engines!r}: give a list of names, such as ['laplace']")
    require(list(engines))
    design = _design(data, model, stratum)
    return [Task(design, name, options) for name in engines]


def _design(data: Panel | Design, model: SegmentedPoisson | None, stratum: str) -> Design:
    if isinstance(data, Design):
        return data
    if not isinstance(data, Panel):
        raise ConfigError(
            f"data is a {type(data).__name__}: give a Panel (harness.Panel.from_frame) or a Design"
        )
    if model is None:
        raise ConfigError("a panel needs a model: fit(panel, SegmentedPoisson(...))")
    return model.design(data if stratum == "all" else data.restricted(stratum))
