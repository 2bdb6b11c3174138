"""What people ask of coverage, as it stands in an address."""

from __future__ import annotations

from datetime import time
from typing import Any, Final, Literal

from flask import request
from pydantic import Field, field_validator

from api.v1.moments import AtQuery
from geodata.errors import InvalidInput
from geodata.reach.coverage.asking import LONGEST_MINUTES, Changes, Wish

_LONG: Final = 4_000


class PlacesQuery(AtQuery):
    """Which places count: what is open when, and places as they might be."""

    hour: str = Field("", max_length=5, description="HH:MM: only what is open then")
    day: str = Field(
        "",
        max_length=10,
        description="a date, or workday, saturday, sunday or feast: the next such day; absent: "
        "that day itself",
    )
    unknown: Literal["closed", "open"] = Field(
        "closed", description="what places count as whose hours are not known"
    )
    removed: str = Field(
        "", max_length=_LONG, description="codes of places to think away, parted by commas"
    )
    moved: str = Field(
        "",
        max_length=_LONG,
        description="places to think elsewhere: CODE,lon,lat; several parted by semicolons",
    )
    added: str = Field(
        "",
        max_length=_LONG,
        description="places to think there: lon,lat or lon,lat,kind; several parted by semicolons",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _no_control_characters_anywhere(cls, value: Any) -> Any:
        if isinstance(value, str) and any(ord(sign) < 32 for sign in value):
            raise InvalidInput("One of the values is too large, or holds a sign that no text has.")
        return value


class ReachQuery(PlacesQuery):
    """Who walks how far to what, and who is counted."""

    minutes: float = Field(
        15,
        gt=0,
        le=LONGEST_MINUTES,
        allow_inf_nan=False,
        description="minutes on foot",
    )
    walker: str = Field(
        "",
        max_length=60,
        description="who walks: a walker of the profile; absent: its first, or for elderly "
        "people theirs",
    )
    way: Literal["network", "circle"] = Field(
        "network", description="along the streets, or as the crow flies"
    )
    kind: str = Field(
        "",
        max_length=_LONG,
        description="kinds of facility of which any serves; may be given several times or parted "
        "by commas; absent: those with a service circle",
    )
    weight: Literal["households", "residents", "elderly"] = Field(
        "households", description="who is counted"
    )
    by: str = Field(
        "",
        max_length=60,
        description="what the rows are: building, compound, grid, kind, or an area level; absent: "
        "the smallest level",
    )
    area: str = Field("", max_length=40, description="code of an area: only who lives there")

    def wish(self) -> Wish:
        """The question; raises InvalidInput on what makes no sense."""
        return Wish(
            minutes=self.minutes,
            walker=self.walker,
            way=self.way,
            kinds=several("kind"),
            weight=self.weight,
            by=self.by,
            area=self.area,
            hour=hour_of(self.hour),
            day=self.day,
            unknown_is_open=self.unknown == "open",
            changes=changes(),
        )


def changes() -> Changes:
    """Places as they might be; raises InvalidInput on what names none."""
    return Changes(
        removed=several("removed"),
        moved=tuple(_moved(one) for one in several("moved", ";")),
        added=tuple(_added(one) for one in several("added", ";")),
    )


def several(name: str, sign: str = ",") -> tuple[str, ...]:
    """All values of a parameter, given several times or parted by a sign; each once."""
    parts = [part.strip() for said in request.args.getlist(name) for part in said.split(sign)]
    return tuple(dict.fromkeys(part for part in parts if part))


def hour_of(said: str) -> time | None:
    """An hour as it stands in an address; None if none does, InvalidInput if it is none."""
    if not said:
        return None
    try:
        hour, minute = said.split(":")
        return time(int(hour), int(minute))
    except ValueError:
        raise InvalidInput("%(hour)s is no hour: write one like 19:00.", hour=said) from None


def _moved(said: str) -> tuple[str, float, float]:
    parts = said.rsplit(",", 2)
    if len(parts) != 3 or not parts[0].strip():
        raise InvalidInput("%(said)s moves no place: write CODE,lon,lat.", said=said)
    return parts[0].strip(), _degrees(parts[1], said), _degrees(parts[2], said)


def _added(said: str) -> tuple[float, float, str]:
    parts = [part.strip() for part in said.split(",")]
    if len(parts) not in {2, 3}:
        raise InvalidInput("%(said)s is no place: write lon,lat or lon,lat,kind.", said=said)
    return _degrees(parts[0], said), _degrees(parts[1], said), "".join(parts[2:])


def _degrees(part: str, said: str) -> float:
    try:
        return float(part)
    except ValueError:
        raise InvalidInput(
            "%(said)s is no place: write lon,lat or lon,lat,kind.", said=said
        ) from None
