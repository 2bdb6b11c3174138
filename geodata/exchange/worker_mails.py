"""Open cases for each worker as mail in a file: nothing is sent, the operator opens and sends it.

An account has no address for mail, so a mail is addressed to the worker's name, in the syntax of a
group without members (RFC 5322, section 3.4), unless a domain is given.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address, Group
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import record, require
from geodata.cases.whistles.whistling import areas_of
from geodata.errors import InvalidInput
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile

MOST_CASES: Final = 20_000
# Of one who is named for it, or else of all workers whose duty is its grid or its area.
_OPEN_CASES: Final = """
    select c.id, c.external_id, c.category, c.state, c.reported_at, c.due_at, c.title, c.address,
        c.area_code, c.grid_code, c.assignee_id, w.id as worker_id, w.name, w.display_name,
        (select name from areas a where a.code = c.area_code order by held desc limit 1) as area,
        (select name from compounds k where k.code = c.compound_code order by held desc limit 1)
            as compound
    from cases c left join users w on w.active and (
        w.id = c.assignee_id
        or c.assignee_id is null and w.role = 'worker'
            and (c.grid_code = any(w.areas) or c.area_code = any(w.areas))
    )
    where c.state = any(cast(:open_states as text[])) and c.closed_at is null {within}
    order by c.due_at nulls last, c.id limit :limit
"""


@dataclass(frozen=True)
class Mails:
    """The zip file, how many mails are in it, and how many cases nobody has in hand."""

    content: bytes
    mails: int
    unassigned: int


def write_mails(
    database: Database,
    actor: Actor,
    profile: Profile,
    *,
    areas: Sequence[str] = (),
    domain: str = "",
    language: str = "zh",
) -> Mails:
    """One mail for each worker with open cases in these areas, and one of those without a worker.

    Raises:
        NotAllowed: the role may not export, or may not see what is personal.
        InvalidInput: a domain that is none, or more open cases than go into mails.
    """
    require(actor, "export")
    require(actor, "see_personal")
    if domain and not all(part.isalnum() for part in domain.replace("-", "a").split(".")):
        raise InvalidInput(
            "“%(domain)s” is no domain; write one like example.gov.cn.", domain=domain
        )
    with database.begin() as tx:
        rows = _open_cases(tx.connection, actor, profile, areas)
        read = sorted({row["id"] for row in rows})
        record(tx, actor, "exported", "cases", count=len(read), by="mail")
        if read:
            record(tx, actor, "read_personal", "cases", count=len(read), ids=read, by="mail")
    by_worker: dict[int | None, list[dict[str, Any]]] = {}
    for row in rows:
        by_worker.setdefault(row["worker_id"], []).append(row)
    now = datetime.now(UTC)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for worker, cases in by_worker.items():
            mail = _mail(cases, worker, now, profile, domain=domain, language=language)
            name = cases[0]["name"] if worker else translate(_("nobody in charge"), language)
            out.writestr(f"{name}.eml", mail.as_bytes())
    return Mails(file.getvalue(), len(by_worker), len(by_worker.get(None, ())))


def _open_cases(
    connection: Connection, actor: Actor, profile: Profile, areas: Sequence[str]
) -> list[dict[str, Any]]:
    within = areas_of(connection, actor, areas)
    values: dict[str, Any] = {"open_states": list(profile.open_states), "limit": MOST_CASES + 1}
    part = ""
    if within is not None:
        part, values["areas"] = "and c.area_code = any(cast(:areas as text[]))", within
    query = sa.text(_OPEN_CASES.format(within=part))
    rows = [dict(row) for row in connection.execute(query, values).mappings()]
    if len(rows) > MOST_CASES:
        raise InvalidInput(
            "More than %(most)s open cases are too many for mails: choose an area.", most=MOST_CASES
        )
    return rows


def _mail(
    cases: list[dict[str, Any]],
    worker: int | None,
    now: datetime,
    profile: Profile,
    *,
    domain: str,
    language: str,
) -> EmailMessage:
    def say(sentence: str, **params: Any) -> str:
        return translate(sentence, language, **params)

    late = [one for one in cases if one["due_at"] is not None and one["due_at"] < now]
    local = now.astimezone(profile.zone)
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = say(
        _("%(day)s: %(count)s open cases, %(late)s of them late"),
        day=f"{local:%Y-%m-%d}",
        count=len(cases),
        late=len(late),
    )
    person = (
        (cases[0]["display_name"] or cases[0]["name"]) if worker else say(_("nobody in charge"))
    )
    if worker and domain and cases[0]["name"].isascii():
        mail["To"] = Address(person, cases[0]["name"], domain)
    else:
        mail["To"] = Group(person, ())
    mail["Date"] = local
    greeting = say(_("%(name)s, these cases are in your hands:"), name=person)
    if not worker:
        greeting = say(_("Nobody has these cases in hand; send them to somebody:"))
    lines = [greeting, ""]
    for one in cases:
        lines += [*_lines(one, now, profile, language), ""]
    lines.append(say(_("As of %(moment)s."), moment=f"{local:%Y-%m-%d %H:%M}"))
    mail.set_content("\n".join(lines), cte="base64")
    return mail


def _lines(one: dict[str, Any], now: datetime, profile: Profile, language: str) -> list[str]:
    """A case in three lines; who reported it is not among them."""

    def term(kind: Any, key: str) -> str:
        return profile.names(kind, language).get(key, key)

    def when(moment: datetime) -> str:
        return f"{moment.astimezone(profile.zone):%Y-%m-%d %H:%M}"

    due = translate(_("no time limit"), language)
    if one["due_at"] is not None:
        over = now - one["due_at"]
        due = translate(_("due %(at)s"), language, at=when(one["due_at"]))
        if over > timedelta():
            days = over / timedelta(days=1)
            due += translate(_(", late by %(days)s days"), language, days=f"{days:.1f}")
    number = one["external_id"] or f"#{one['id']}"
    place = " ".join(part for part in (one["area"], one["compound"], one["address"]) if part)
    head = f"{'▲' if one['due_at'] and one['due_at'] < now else '·'} {number} "
    head += f"{term('categories', one['category'])} · {term('states', one['state'])} · {due}"
    title = " ".join(one["title"].split())
    return [head, *(f"  {text}" for text in (title, place) if text)]
