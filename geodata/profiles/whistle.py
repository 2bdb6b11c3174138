"""What a city says of the whistle (吹哨报到): who blows it and how long departments may take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Minutes = Annotated[int, Field(ge=1, le=10_080)]


class Whistle(BaseModel):
    """How long a department that was called may take, and from how many calls on it is ranked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    roles: Annotated[
        tuple[Literal["admin", "planner", "commander", "worker"], ...], Field(min_length=1)
    ] = ("commander",)
    """Who may blow it."""
    answer_minutes: Minutes = 30
    """From the whistle to the answer, by the clock: a whistle does not wait for office hours."""
    arrive_minutes: Minutes = 120
    """From the answer until somebody is there, by the clock."""
    finish_hours: Annotated[float, Field(gt=0, le=8_760)] = 24.0
    """From there until it is done, in worked hours."""
    min_ranked: Annotated[int, Field(ge=1, le=10_000)] = 5
    """Departments with fewer calls in a period are listed apart, without a rank."""
