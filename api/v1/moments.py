"""The ``at`` of a request: the moment whose version of the district is meant."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.serving import profile
from geodata.cases.filters import instant


class AtQuery(BaseModel):
    """The moment meant."""

    model_config = ConfigDict(extra="forbid")

    at: str = Field(
        "",
        max_length=64,
        description="a day (its end, in the city's time zone) or a moment; absent: now",
    )
    lang: str = Field("", max_length=2, description="language of messages")

    @field_validator("at")
    @classmethod
    def _no_control_characters(cls, value: str) -> str:
        if any(ord(sign) < 32 for sign in value):
            raise ValueError("contains a character that no date has")
        return value

    def moment(self) -> datetime | None:
        """The moment, None for now; raises InvalidInput on what is no date."""
        if not self.at:
            return None
        return instant(self.at, profile.timezone)
