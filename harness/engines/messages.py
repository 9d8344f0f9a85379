"""Sort what an engine says into classes, word for word kept."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.result import Message, MessageKind

# First match wins; the phrases are lme4's, glmmTMB's and TMB's own.
_CLASSES: tuple[tuple[MessageKind, tuple[str, ...]], ...] = (
    ("singular", (r"boundary \(singular\)", "singular fit", "covariance .* is singular")),
    ("gradient", (r"max\|(relative )?grad\|", "scaled gradient")),
    ("optimiser", ("pwrssUpdate", "step-halving", "maxfun", "Downdated", "function evaluation")),
    ("hessian", (r"degenerate\s+Hessian", "negative eigenvalue", "non-positive-definite",
                 "not positive definite", "NaNs produced", "Hessian is numerically singular",
                 "Hessian check", "very small eigenvalues")),
    ("scale", ("nearly unidentifiable", "eigenvalue ratio", "Rescale", "different scales")),
    ("conversion", ("checksum", "conversion warning", "did not arrive as double")),
    ("optimiser", ("converge",)),
)  # fmt: skip


def classify(text: str) -> Message:
    """Return the message with its class; "other" where no known phrase occurs."""
    for kind, phrases in _CLASSES:
        if any(re.search(phrase, text, flags=re.IGNORECASE) for phrase in phrases):
            return Message(kind, text)
    return Message("other", text)


def classify_all(texts: Iterable[str]) -> tuple[Message, ...]:
    """Classify each text once, in order of first appearance."""
    return tuple(classify(text) for text in dict.fromkeys(texts) if text.strip())
