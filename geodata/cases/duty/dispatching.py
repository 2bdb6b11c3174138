"""Who gets a case: by the profile's rules, by its place, and by who is on duty.

A rule names the grid's worker, a department or the commander. The worker is whose duty is the
smallest place that the case lies in: its grid, its community, and so on; of several the one who is
on duty now, else the one with the fewest open cases. A grid that was redrawn is looked for by its
place as it is today. Where no worker has it, it goes to who is on duty there. People who are gone
or switched off get nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import Actor, record, require
from geodata.cases import around
from geodata.cases.clocks import reckoning
from geodata.cases.duty import staff
from geodata.cases.steps import store as steps
from geodata.cases.whistles.whistling import areas_of
from geodata.errors import NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.database import Database, Transaction
    from geodata.profiles import Profile
    from geodata.profiles.handling import Rule
    from geodata.profiles.profile import Step

RULES: Final = "rules"
"""Who is named where the profile's rules sent a case."""
MOST: Final = 8


def rule_of(profile: Profile, case: dict[str, Any]) -> tuple[int, Rule] | None:
    """The first rule that fits, with its number from 1."""
    said = {name: case[name] for name in ("category", "source", "urgent")}
    for place, rule in enumerate(profile.dispatch, start=1):
        if rule.fits(**said):
            return place, rule
    return None


def proposal(database: Database, actor: Actor, profile: Profile, number: int) -> dict[str, Any]:
    """Whom the rules would give a case to, and why; changes nothing.

    ``to`` is worker, department, duty, commander or None; ``person`` who would get it; ``others``
    whom it might go to else; ``rule`` the number of the rule in the profile.

    Raises:
        NotFound: no such case.
        NotAllowed: the role, or the area of duty.
    """
    require(actor, "handle_case")
    with database.read() as connection:
        case = steps.seen(connection, number) if 0 < number < 2**63 else None
        if case is None:
            raise NotFound("There is no case %(number)s.", number=str(number))
        require(actor, "handle_case", area_codes=[case["area_code"]], connection=connection)
        return propose(connection, profile, case, datetime.now(UTC))


def propose(
    connection: Connection, profile: Profile, case: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """``proposal`` of a case that was read."""
    found: dict[str, Any] = {"to": None, "person": None, "department": None, "others": []}
    fitting = rule_of(profile, case)
    found |= {"rule": None, "grid_code": None}
    if fitting is None:
        return found
    place, rule = fitting
    found |= {"rule": place, "department": rule.department}
    grid = staff.grid_today(connection, case["id"], case["grid_code"])
    codes = [code for code in (grid,) if code] + around.above(connection, case["area_code"])
    found["grid_code"] = grid
    on_duty = staff.on_duty(connection, codes, now)
    if rule.to == "commander":
        wanted = [one for one in on_duty if one["role"] == "commander"]
        return found | {"to": "commander", "others": [_of_duty(one) for one in wanted[:MOST]]}
    if rule.to == "department":
        key = rule.department or ""
        people = staff.of_department(connection, key, open_states=profile.open_states)
        found["to"] = "department"
    else:
        people = staff.workers(connection, codes, open_states=profile.open_states)
        people = _nearest_first(people, on_duty, codes)
        found["to"] = "worker"
    if not people and rule.to == "worker":
        people = [_of_duty(one) for one in on_duty if one["role"] == "worker"]
        found["to"] = "duty" if people else None
    return found | {"person": people[0] if people else None, "others": people[1 : MOST + 1]}


def at_once(tx: Transaction, profile: Profile, case: dict[str, Any]) -> dict[str, Any]:
    """Send a case that was just reported where its rule says that it goes at once.

    It is an entry of the rules; where nobody can get it, the case stays for the commander.
    """
    fitting = rule_of(profile, case)
    step = _step(profile, case["state"])
    if fitting is None or not fitting[1].at_once or step is None:
        return case
    now = steps.now_of(tx.connection, case["id"])
    found = propose(tx.connection, profile, case, now)
    person, department = found["person"], found["department"]
    if person is None and department is None:
        return case
    details: dict[str, Any] = {"rule": found["rule"], "to": found["to"]}
    details |= {"assignee": person["id"]} if person is not None else {}
    details |= {"department": department} if department is not None else {}
    steps.enter(
        tx.connection,
        case_id=case["id"],
        actor=RULES,
        at=now,
        kind=step.key,
        from_state=case["state"],
        to_state=step.to_state,
        details=details,
    )
    values = {"state": step.to_state, "stage_since": now, "revision": case["revision"] + 1}
    values |= {"department": department, "assignee_id": person and person["id"]}
    changed = reckoning.keep(tx.connection, profile, case["id"], values)
    told = {name: changed[name] for name in ("state", "category", "source", "revision")}
    tx.changed("cases", str(case["id"]), "changed", **told)
    record(tx, Actor.terminal(), "dispatched_by_rule", f"cases/{case['id']}", rule=found["rule"])
    return changed


def left_behind(database: Database, actor: Actor, profile: Profile) -> list[dict[str, Any]]:
    """Open cases in the actor's areas whose people are gone, switched off or do other work now.

    ``why`` is gone, inactive or role. They are handed over by a dispatch.
    """
    require(actor, "handle_case")
    with database.read() as connection:
        areas = areas_of(connection, actor)
        return staff.left_behind(connection, open_states=profile.open_states, areas=areas)


def _step(profile: Profile, state: str) -> Step | None:
    return next((one for one in profile.steps if one.assigns and state in one.from_states), None)


def _nearest_first(
    people: list[dict[str, Any]], on_duty: list[dict[str, Any]], codes: list[str]
) -> list[dict[str, Any]]:
    """Workers by the smallest place that is theirs, by duty now or always; then who is on duty."""
    place = {code: k for k, code in enumerate(codes)}
    nearest: dict[int, int] = {}
    for shift in on_duty:
        k = place.get(shift["area_code"], len(codes))
        nearest[shift["user_id"]] = min(k, nearest.get(shift["user_id"], k))
    for one in people:
        one["on_duty"] = one["id"] in nearest
        here = place[one["duty"]]
        if nearest.get(one["id"], len(codes)) < here:
            one["duty"] = codes[nearest[one["id"]]]
    return sorted(
        people,
        key=lambda one: (
            place[one["duty"]],
            not one["on_duty"],
            one["open_cases"],
            one["id"],
        ),
    )


def _of_duty(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["user_id"],
        "name": one["name"],
        "display_name": one["display_name"],
        "telephone": one["telephone"],
        "duty": one["area_code"],
        "post": one["post"],
        "on_duty": True,
    }
