"""Who gets cases, who is on duty, and which days are worked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from api.serving import database, profile
from api.signing_in import current_actor
from geodata.cases.clocks import calendar
from geodata.cases.duty import dispatching, duties, roster

blueprint = APIBlueprint("duty", __name__, url_prefix="/api/v1", tag="Duty")


class NewShift(BaseModel):
    """Somebody's duty for an area or grid; without one it is everywhere."""

    model_config = ConfigDict(extra="forbid")

    user_id: int = Field(ge=1)
    since: datetime = Field(description="with its zone")
    until: datetime = Field(description="with its zone")
    area_code: str | None = Field(None, max_length=40)
    post: str = Field("", max_length=duties.LONGEST_POST, description="as what")


class NewShifts(BaseModel):
    """Shifts that are entered, all or none."""

    model_config = ConfigDict(extra="forbid")

    shifts: list[NewShift] = Field(min_length=1, max_length=duties.MOST)


class Period(BaseModel):
    """From when to when, and for which area alone."""

    since: datetime
    until: datetime
    area: str | None = Field(None, max_length=40)


class RosterPeriod(Period):
    """From when to when, and of which area with all that lies in it."""

    grids: bool = Field(False, description="also the rows of grids")


class Copied(BaseModel):
    """Which shifts are entered once more, and by how much later."""

    model_config = ConfigDict(extra="forbid")

    since: datetime = Field(description="with its zone")
    until: datetime = Field(description="with its zone")
    days: int = Field(7, ge=1, le=duties.LONGEST.days)


class Moment(BaseModel):
    """An area or grid, and a moment."""

    area: str | None = Field(None, max_length=40)
    at: datetime | None = Field(None, description="with its zone; absent: now")


class LeftBehind(BaseModel):
    """Open cases whose person is gone."""

    cases: list[dict[str, Any]]


class OnDuty(BaseModel):
    """People on duty, the nearest first."""

    people: list[dict[str, Any]]


class OwnDay(BaseModel):
    """Whether a day is worked, and what it is called."""

    model_config = ConfigDict(extra="forbid")

    works: bool
    name: str = Field("", max_length=calendar.LONGEST_NAME)


@blueprint.get("/cases/<int:number>/proposal")
@blueprint.doc(summary="Whom the rules would give a case to", responses=[401, 403, 404])
def get_proposal(number: int) -> dict[str, Any]:
    """`person` would get it, `others` might; `rule` is the number of the profile's rule."""
    return dispatching.proposal(database, current_actor(), profile, number)


@blueprint.get("/cases/left-behind")
@blueprint.output(LeftBehind)
@blueprint.doc(summary="Open cases of people who left", responses=[401, 403])
def get_left_behind() -> dict[str, Any]:
    """Cases whose person is gone, switched off or does other work: dispatch them anew."""
    return {"cases": dispatching.left_behind(database, current_actor(), profile)}


@blueprint.get("/duty")
@blueprint.input(Period, location="query")
@blueprint.doc(summary="The shifts of a period", responses=[400, 401, 403])
def get_duty(query_data: Period) -> dict[str, Any]:
    """At most three months at a time."""
    since, until = query_data.since, query_data.until
    found = duties.shifts_of(database, current_actor(), since, until, area=query_data.area)
    return {"shifts": found}


@blueprint.get("/duty/roster")
@blueprint.input(RosterPeriod, location="query")
@blueprint.doc(summary="The duty calendar with its gaps", responses=[400, 401, 403, 404])
def get_roster(query_data: RosterPeriod) -> dict[str, Any]:
    """`places`, their `shifts`, and `gaps`: out of office hours nobody of a place is there.

    `above` of a gap: somebody is on duty for an area above. `grids` counts those left out.
    """
    asked = query_data
    return roster.roster(
        database,
        current_actor(),
        asked.since,
        asked.until,
        profile=profile,
        area=asked.area or None,
        grids=asked.grids,
    )


@blueprint.get("/duty/people")
@blueprint.output(OnDuty)
@blueprint.doc(summary="Whom the duty calendar can name", responses=[401, 403])
def get_takers() -> dict[str, Any]:
    """Everybody who takes cases, by name."""
    return {"people": roster.people(database, current_actor())}


@blueprint.get("/duty/now")
@blueprint.input(Moment, location="query")
@blueprint.output(OnDuty)
@blueprint.doc(summary="Who is on duty for an area", responses=[400, 401, 403])
def get_on_duty(query_data: Moment) -> dict[str, Any]:
    """Its own people first, then those of the areas above, then those on duty everywhere."""
    found = duties.on_duty(database, current_actor(), query_data.area, at=query_data.at)
    return {"people": found}


@blueprint.post("/duty")
@blueprint.input(NewShifts)
@blueprint.doc(summary="Enter shifts", responses=[400, 401, 403, 409])
def add_duty(json_data: NewShifts) -> tuple[dict[str, Any], int]:
    """All of them or none."""
    shifts = [duties.Shift(**one.model_dump()) for one in json_data.shifts]
    return {"ids": duties.add(database, current_actor(), shifts)}, 201


@blueprint.post("/duty/copy")
@blueprint.input(Copied)
@blueprint.doc(summary="Enter the shifts of a period once more", responses=[400, 401, 403])
def copy_duty(json_data: Copied) -> tuple[dict[str, Any], int]:
    """So many days later; `left` counts what stands already, is over, or is not yours."""
    asked = json_data
    found = duties.copy(
        database, current_actor(), asked.since, asked.until, days=asked.days, zone=profile.zone
    )
    return found, 201


@blueprint.put("/duty/<int:number>")
@blueprint.input(NewShift)
@blueprint.doc(summary="Change a shift", responses=[400, 401, 403, 404, 409])
def change_duty(number: int, json_data: NewShift) -> tuple[str, int]:
    """Another person, time, area or post in its place."""
    duties.change(database, current_actor(), number, duties.Shift(**json_data.model_dump()))
    return "", 204


@blueprint.delete("/duty/<int:number>")
@blueprint.doc(summary="Take a shift out", responses=[401, 403, 404])
def remove_duty(number: int) -> tuple[str, int]:
    """The person is no longer on duty then."""
    duties.remove(database, current_actor(), number)
    return "", 204


@blueprint.get("/calendar/<int:year>")
@blueprint.doc(summary="The worked days of a year", responses=[400, 401, 403])
def get_calendar(year: int) -> dict[str, Any]:
    """Days that differ from the plain week; `announced` says whether they are sure."""
    return calendar.year_of(database, current_actor(), profile, year)


@blueprint.put("/calendar/days/<string:day>")
@blueprint.input(OwnDay)
@blueprint.doc(summary="Set whether a day is worked", responses=[400, 401, 403])
def set_day(day: str, json_data: OwnDay) -> dict[str, Any]:
    """It outdoes every other calendar; open cases are reckoned anew by the job `job`."""
    said = json_data
    return calendar.set_day(
        database, current_actor(), calendar.day_of(day), works=said.works, name=said.name
    )


@blueprint.delete("/calendar/days/<string:day>")
@blueprint.doc(summary="Let a day be what it is without you", responses=[400, 401, 403, 404])
def remove_day(day: str) -> dict[str, Any]:
    """Open cases are reckoned anew by the job `job`."""
    return {"job": calendar.remove_day(database, current_actor(), calendar.day_of(day))}
