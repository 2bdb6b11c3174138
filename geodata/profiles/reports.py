"""What a city says of reports: who may send them, and how long it keeps who sent them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class Reports(BaseModel):
    """How cases are reported, and what is told of few."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    anonymous_reports: bool = True
    """Whether people without an account may report at ``/report``."""
    anonymous_source: Key | None = None
    """The source of what they report; None: ``snap`` if there is one, else the first."""
    keep_reporters_days: Annotated[int, Field(ge=1, le=3_650)] = 180
    """After so many days a reporter's name, telephone and address are deleted."""
    min_public: Annotated[int, Field(ge=1, le=1_000)] = 5
    """Counts under this are hidden from who only looks; 1 hides none."""
