"""One case opened: what it holds, what was done with it, what stands round it, what may be done.

Texts, reasons and reporters are there for those on duty in its area; that reading is entered in
the audit trail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import record, require
from geodata.cases import around, store
from geodata.cases.masking import masked_address, masked_name, masked_telephone
from geodata.cases.steps import acting, stages
from geodata.cases.steps import store as steps
from geodata.cases.whistles import store as whistles
from geodata.errors import NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile

TEXTS: Final = ("title", "description", "address", "reporter_name", "reporter_telephone")


def open_case(database: Database, actor: Actor, profile: Profile, number: int) -> dict[str, Any]:
    """The case, its ``steps``, who is in charge, what is ``near`` and what may be done ``next``.

    Raises:
        NotFound: no such case.
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    with database.read() as connection:
        case = around.one(connection, number) if 0 < number < 2**63 else None
        if case is None:
            raise NotFound("There is no case %(number)s.", number=str(number))
        in_duty = not actor.areas or case["area_code"] in store.areas_below(
            connection, sorted(actor.areas)
        )
        found = _around(connection, actor, profile, case, in_duty=in_duty)
    if found["personal"]:
        with database.begin() as tx:
            record(tx, actor, "read_personal", f"cases/{number}")
    return found


def _around(
    connection: Connection, actor: Actor, profile: Profile, case: dict[str, Any], *, in_duty: bool
) -> dict[str, Any]:
    personal = actor.may("see_personal") and in_duty
    may_handle = actor.may("handle_case") and in_duty
    entries = [
        {name: value for name, value in entry.items() if name not in {"case_id", "user_id"}}
        for entry in steps.entries(connection, case["id"])
    ]
    reporters = around.reporters(connection, case["id"])
    if not personal:
        case |= dict.fromkeys(TEXTS) | {"extra": {}}
        for entry in entries:
            entry["reason"] = None
        reporters = [_masked(one, shown=actor.may("see_personal")) for one in reporters]
    codes = [code for code in (case["grid_code"],) if code]
    codes += around.above(connection, case["area_code"])
    people = around.people_of(connection, codes)
    if not actor.may("report_case"):  # telephones of duty are for colleagues
        people = [{**one, "telephone": None} for one in people]
    named = [entry["details"].get("assignee") for entry in entries]
    alone = may_handle and case["joined_to"] is None
    onward = stages.permitted(profile, case["state"], actor.role) if may_handle else ()
    return {
        "case": case,
        "personal": personal,
        "steps": entries,
        "names": around.names_of(connection, [case["assignee_id"], case["first_owner_id"], *named]),
        "reporters": reporters,
        "near": around.near(connection, case),
        "people": people,
        "running_calls": whistles.number_running(connection, case["id"]),
        "next": [step.key for step in onward],
        "acts": list(acting.offered(profile, actor, case, entries)) if alone else [],
        "may_handle": may_handle,
    }


def _masked(reporter: dict[str, Any], *, shown: bool) -> dict[str, Any]:
    """Somebody on duty elsewhere may know a reporter again; who only looks sees nothing."""
    if not shown:
        return {**reporter, "name": None, "telephone": None, "email": None}
    return {
        **reporter,
        "name": masked_name(reporter["name"]),
        "telephone": masked_telephone(reporter["telephone"]),
        "email": masked_address(reporter["email"]),
    }
