"""How many examples a property is tried with: some in each run, many for whoever asks for them."""

from __future__ import annotations

from hypothesis import settings

THOROUGH = "thorough"


def tries(standing: int) -> int:
    """``standing`` examples; ten times as many with ``pytest --hypothesis-profile=thorough``."""
    return standing * (10 if settings.get_current_profile_name() == THOROUGH else 1)
