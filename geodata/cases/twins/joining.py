"""Several reports of one trouble made one case, and parted again.

One case leads; those joined to it keep their reporters, photos and entries, follow its state and
end with it. Nothing is joined to a case that is itself joined: who joins a case that leads others
brings them along, so there are neither chains nor rings. A case that is parted gets back the state
that it had when it was joined, also if its leader is closed by then; the two are not offered to
each other again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects.postgresql import insert

from geodata.accounts import record, require
from geodata.cases.steps import store as steps
from geodata.cases.tables import case_partings
from geodata.cases.twins.joined import change, locked_family, refuse_joined
from geodata.cases.whistles import store as whistles
from geodata.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database, Transaction
    from geodata.profiles import Profile

LARGEST: Final = 2**63 - 1
MOST: Final = 100
"""So many cases are joined at once."""


def join(
    database: Database,
    actor: Actor,
    profile: Profile,
    leader: int,
    revision: int,
    others: Mapping[int, int],
) -> dict[str, Any]:
    """Make ``others`` one with the case ``leader``; gives that case as it is then.

    Args:
        database: Where they are.
        actor: Who does it.
        profile: Says which states are open.
        leader: The number of the case that leads from now on.
        revision: The one of it that was looked at.
        others: The numbers of the others, with the revisions that were looked at.

    Raises:
        NotFound: no such case.
        NotAllowed: the role, or the area of duty of one of them.
        Conflict: somebody else was faster; one is joined already, is closed, or has departments
            called to it, which must be sent home first.
        InvalidInput: nothing to join, too many, or a case with itself.
    """
    require(actor, "handle_case")
    if not others or len(others) > MOST or leader in others:
        raise InvalidInput("Name 1 to %(most)s other cases that are the same trouble.", most=MOST)
    with database.begin() as tx:
        family = _family(tx, [leader, *others])
        head = family[leader]
        _may(tx, actor, [head, *(family[number] for number in others)])
        for number, seen in {leader: revision, **others}.items():
            case = family[number]
            refuse_joined(case)
            _refuse_older(case, seen)
            _refuse_closed(profile, case)
            if number != leader and whistles.running(tx.connection, number):
                raise Conflict(
                    "Departments are called to case %(number)s: let it lead, or send them home "
                    "first.",
                    number=str(number),
                )
        coming = [
            one for one in family.values() if one["id"] in others or one["joined_to"] in others
        ]
        for case in coming:
            values = {"joined_to": leader, "joined_state": case["joined_state"] or case["state"]}
            values |= {"state": head["state"], "reports": 1}
            change(tx, actor, profile, case, "joined", values, leader=leader)
        numbers = sorted(one["id"] for one in coming)
        reports = {"reports": head["reports"] + len(coming)}
        led = change(tx, actor, profile, head, "join", reports, cases=numbers)
        record(tx, actor, "joined_cases", f"cases/{leader}", cases=numbers)
    return led


def part(
    database: Database, actor: Actor, profile: Profile, number: int, revision: int
) -> dict[str, Any]:
    """Give a joined case its own life back; gives it as it is then.

    Raises:
        NotFound: no such case.
        NotAllowed: the role, or the area of duty of the two.
        Conflict: somebody else was faster, or it is not joined.
    """
    require(actor, "handle_case")
    with database.begin() as tx:
        family = _family(tx, [number])
        case = family[number]
        head = family.get(case["joined_to"] or 0)
        _may(tx, actor, [case] if head is None else [case, head])
        _refuse_older(case, revision)
        if head is None:
            raise Conflict("Case %(number)s is joined to no other.", number=str(number))
        known = profile.keys("states")
        state = case["joined_state"]
        state = state if state in known else profile.first_state
        values = {"joined_to": None, "joined_state": None, "state": state, "closed_at": None}
        alone = change(tx, actor, profile, case, "part", values, leader=head["id"])
        reports = {"reports": head["reports"] - 1}
        change(tx, actor, profile, head, "parted", reports, cases=[number])
        _keep_apart(tx, actor, number, [other for other in family if other != number])
        record(tx, actor, "parted_case", f"cases/{number}", leader=head["id"])
    return alone


def _family(tx: Transaction, numbers: list[int]) -> dict[int, dict[str, Any]]:
    for number in numbers:
        if not 0 < number <= LARGEST:
            raise NotFound("There is no case %(number)s.", number=str(number))
    family = locked_family(tx.connection, numbers)
    for number in numbers:
        if number not in family:
            raise NotFound("There is no case %(number)s.", number=str(number))
    return family


def _may(tx: Transaction, actor: Actor, concerned: list[dict[str, Any]]) -> None:
    codes = [case["area_code"] for case in concerned]
    require(actor, "handle_case", area_codes=codes, connection=tx.connection)


def _refuse_older(case: dict[str, Any], seen: int) -> None:
    if case["revision"] != seen:
        problem = Conflict("Somebody else has just taken a step with this case; look again.")
        problem.members["case"] = _public(case)
        raise problem


def _refuse_closed(profile: Profile, case: dict[str, Any]) -> None:
    if case["state"] not in profile.open_states:
        problem = Conflict(
            "Case %(number)s is closed: open it again before it is joined.",
            number=str(case["id"]),
        )
        problem.members["case"] = _public(case)
        raise problem


def _keep_apart(tx: Transaction, actor: Actor, number: int, others: list[int]) -> None:
    pairs = [
        {"low": min(number, other), "high": max(number, other), "parted_by": actor.name}
        for other in others
    ]
    tx.connection.execute(insert(case_partings).on_conflict_do_nothing(), pairs)


def _public(case: dict[str, Any]) -> dict[str, Any]:
    return {name: case[name] for name in steps.SEEN}
