"""One linear contrast of a model's terms."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.design import FloatArray
from harness.errors import ConfigError
from harness.glmm.contrasts import parsed


def contrast_row(names: Sequence[str], text: str) -> tuple[FloatArray, float]:
    """Return the weights, shape (p,), and the value of one contrast, ``c'beta = value``.

    Parameters
    ----------
    names : sequence of str, length p
    text : str
        Such as ``"step0"``, ``"step0 = pre"`` or ``"step0 + step1 - 2*pre = -0.1"``.

    Raises
    ------
    ConfigError
        If the text is not one contrast of these terms.
    """
    # The parser of contrasts knows no sign right after "=".
    rows, values = parsed(names, re.sub(r"=\s*-", "= 0 - ", text))
    if len(rows) != 1 or not rows.any():
        raise ConfigError(f"the contrast {text!r} must be one equation, such as 'step0 = pre'")
    return rows[0], float(values[0])
