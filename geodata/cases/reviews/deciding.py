"""What weekly reviews decide of cases (会审意见): what is to be done, by whom, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import record, require
from geodata.cases.reviews import store as review_store
from geodata.cases.reviews.reviewing import period
from geodata.cases.whistles import whistling
from geodata.errors import InvalidInput, NotAllowed, NotFound

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile

LONGEST: Final = {"opinion": 1_000, "responsible": 100}


@dataclass(frozen=True)
class Decision:
    """What a weekly review decides of a case (会审意见).

    Attributes:
        day: A day of the week that is reviewed.
        opinion: What is to be done.
        responsible: Who does it: an office or a person.
        until: By which day; None: no day was set.
    """

    day: date
    opinion: str
    responsible: str
    until: date | None = None


def decide(database: Database, actor: Actor, profile: Profile, number: int, made: Decision) -> int:
    """Enter what a weekly review decided of a case; gives the number of the decision.

    Raises:
        NotFound: no such case.
        NotAllowed: not a commander, or outside the areas of duty.
        InvalidInput: no opinion, nobody responsible, too long texts, or a day before the week.
    """
    _check_commands(actor)
    for name, most in LONGEST.items():
        text = getattr(made, name)
        if not text.strip():
            raise InvalidInput("Say what was decided, and who does it.")
        if len(text) > most:
            raise InvalidInput(
                "The %(field)s has more than %(most)s characters.", field=name, most=most
            )
    week = period("weekly", made.day, profile)[0].date()
    if made.until is not None and made.until < week:
        raise InvalidInput("The day by which it is done lies before the week: write a later one.")
    with database.begin() as tx:
        case = whistling.case_locked(tx.connection, actor, number)
        found = review_store.add_decision(
            tx.connection,
            week=week,
            case_id=number,
            opinion=made.opinion.strip(),
            responsible=made.responsible.strip(),
            until=made.until,
            decided_by=actor.name,
        )
        details: dict[str, Any] = {"week": week.isoformat(), "decision": found}
        details |= {"responsible": made.responsible.strip()}
        details |= {"until": made.until.isoformat()} if made.until else {}
        whistling.enter(tx, actor, case, "reviewed", made.opinion, details)
        record(tx, actor, "reviewed", f"cases/{number}", week=week.isoformat())
    return found


def withdraw(database: Database, actor: Actor, decision: int) -> None:
    """Take back what a review decided; the entry of it stays.

    Raises:
        NotFound: no such decision that holds.
        NotAllowed: not a commander, or outside the areas of duty.
    """
    _check_commands(actor)
    with database.begin() as tx:
        number = None
        if decision < 2**63:
            number = review_store.case_of_decision(tx.connection, decision)
        if number is None:
            raise NotFound("There is no decision %(number)s.", number=str(decision))
        case = whistling.case_locked(tx.connection, actor, number)
        if not review_store.withdraw_decision(tx.connection, decision, number, datetime.now(UTC)):
            raise NotFound("There is no decision %(number)s.", number=str(decision))
        whistling.enter(tx, actor, case, "review_withdrawn", "", {"decision": decision})
        record(tx, actor, "review_withdrawn", f"cases/{number}", decision=decision)


def _check_commands(actor: Actor) -> None:
    require(actor, "handle_case")
    if actor.role not in {"admin", "commander"}:
        raise NotAllowed("What a review decides is entered by commanders.")
