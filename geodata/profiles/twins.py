"""How near in place and time two cases have to be to be offered as one trouble."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Twins(BaseModel):
    """Bounds within which twins are looked for, and the score from which they are offered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metres: Annotated[float, Field(gt=0, le=1_000)] = 60.0
    hours: Annotated[float, Field(gt=0, le=24 * 30)] = 72.0
    least: Annotated[float, Field(ge=0, le=1)] = 0.7
