"""Reports and news that a neighbouring system sends, under the key of one of our users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa

from geodata.accounts import record, require
from geodata.cases.incoming import attributes, reporting
from geodata.cases.incoming.reporting import Report, Taken
from geodata.cases.photos import adding
from geodata.cases.photos.keeping import Album
from geodata.cases.public import store as public_store
from geodata.cases.steps import store as steps
from geodata.cases.tables import case_reporters, case_steps, cases
from geodata.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.cases.photos.reading import Photo
    from geodata.database import Database, Transaction
    from geodata.profiles import Profile

TOLD: Final = "told"
"""The entry of news that a neighbouring system sent of a case; its text is not public."""
TITLE: Final = 40
LONGEST: Final = {"email": 200, "name": 100, "phone": 40}
LONGEST_LINK: Final = 2_000
LONGEST_UPDATE: Final = 100


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A report as a neighbouring system sends it.

    Attributes:
        category: A category key of the profile.
        lon: Longitude, WGS 84 degrees.
        lat: Latitude.
        address: Where, in words.
        place: The code of a compound, building, facility or grid; used where no longitude is.
        description: The story.
        attributes: Answers to the category's questions, by code.
        link: Where the sender keeps a picture; never fetched, shown as text only.
        email: Of the reporter; personal, as are the next two.
        name: First and last name.
        phone: Telephone.
        photos: Pictures of what was found.
    """

    category: str
    lon: float | None = None
    lat: float | None = None
    address: str = ""
    place: str = ""
    description: str = ""
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    link: str = ""
    email: str = ""
    name: str = ""
    phone: str = ""
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, kw_only=True)
class News:
    """What a neighbouring system tells of a case: ``number`` is that of its update there."""

    number: str
    status: str = ""
    description: str = ""
    at: datetime | None = None
    link: str = ""
    code: str = ""


def take(
    database: Database, actor: Actor, profile: Profile, sent: Sent, *, data_dir: Path
) -> Taken:
    """Take a report as a case, its answers checked, its reporter apart.

    Raises:
        NotAllowed: the role may not report.
        NotFound: no such category, or no place of that code.
        InvalidInput: what ``reporting.report`` and ``attributes.read`` refuse, too long a field.
    """
    require(actor, "report_case")
    category = profile.category(sent.category)
    for name, most in LONGEST.items():
        if len(getattr(sent, name)) > most:
            raise InvalidInput(
                "The %(field)s has more than %(most)s characters.", field=name, most=most
            )
    answers = attributes.read(category, sent.attributes, zone=profile.zone)
    adding.check_number(sent.photos)
    extra: dict[str, Any] = {"attributes": answers} if answers else {}
    if sent.link:
        extra["media_url"] = checked_link(sent.link)
    if sent.lon is None and sent.lat is None and sent.place:
        sent = _at_place(database, sent)
    text = sent.description.strip()
    told = Report(
        category=category.key,
        source=profile.open311.source or profile.anonymous_source,
        title=text.splitlines()[0][:TITLE] if text else category.name.zh,
        description=text,
        lon=sent.lon,
        lat=sent.lat,
        address=sent.address,
        reporter_name=sent.name or None,
        reporter_telephone=sent.phone or None,
    )
    along = _Along(actor, sent, extra, data_dir)
    return reporting.report(database, actor, profile, told, along=along)


def tell(database: Database, actor: Actor, number: int, news: News) -> int:
    """Enter news of a case among its steps; gives the entry's number. Its state stays.

    Raises:
        NotAllowed: the role may not report.
        NotFound: no such case.
        InvalidInput: the sender told this update before, or a field makes no sense.
    """
    require(actor, "report_case")
    if not news.number or len(news.number) > LONGEST_UPDATE:
        raise InvalidInput("An update has an update_id of its own.")
    if len(news.description) > reporting.LONGEST["description"]:
        raise InvalidInput(
            "The %(field)s has more than %(most)s characters.",
            field="description",
            most=reporting.LONGEST["description"],
        )
    now = datetime.now(UTC)
    if news.at is not None and news.at > now + reporting.EARLY:
        raise InvalidInput("A case cannot be reported in the future: check the clock.")
    details = {
        "update_id": news.number,
        "status": news.status[:40],
        "at": None if news.at is None else news.at.isoformat(),
        "media_url": checked_link(news.link) if news.link else "",
        "code": news.code[:100],
    }
    with database.begin() as tx:
        case = steps.locked(tx.connection, number) if 0 < number < 1 << 63 else None
        if case is None:
            raise NotFound("There is no case %(number)s.", number=str(number))
        if public_store.update_came(tx.connection, number, actor.user_id, news.number):
            raise InvalidInput("The update %(number)s came before.", number=news.number)
        entry = steps.enter(
            tx.connection,
            case_id=number,
            user_id=actor.user_id,
            actor=actor.name,
            kind=TOLD,
            from_state=case["state"],
            to_state=case["state"],
            reason=news.description.strip(),
            details={name: value for name, value in details.items() if value},
        )
        changed = steps.change(tx.connection, number, {"revision": case["revision"] + 1})
        told = {name: changed[name] for name in ("state", "category", "source", "revision")}
        tx.changed("cases", str(number), "changed", **told)
        record(tx, actor, "told_of_case", f"cases/{number}")
    return entry


def checked_link(link: str) -> str:
    """A link of the web, as text; it is never fetched from here.

    Raises:
        InvalidInput: it is none, or too long.
    """
    try:
        parts = urlsplit(link.strip())
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fine = False
    if not fine or len(link) > LONGEST_LINK or not link.strip().isprintable():
        raise InvalidInput("media_url is a link that begins with http:// or https://.")
    return link.strip()


def _at_place(database: Database, sent: Sent) -> Sent:
    with database.read() as connection:
        found = public_store.place_of(connection, sent.place)
    if found is None:
        raise NotFound("There is no place with the code %(code)s.", code=sent.place)
    return replace(sent, lon=found["lon"], lat=found["lat"], address=sent.address or found["name"])


@dataclass(frozen=True)
class _Along:
    """What goes with the case into its transaction: answers, reporter, photos."""

    actor: Actor
    sent: Sent
    extra: dict[str, Any]
    data_dir: Path

    def earlier(self, tx: Transaction) -> Taken | None:  # noqa: ARG002 - each one is new
        """A neighbouring system gives no key: each report is a report."""
        return None

    def then(self, tx: Transaction, taken: Taken) -> None:
        """Add them."""
        number = taken.case["id"]
        sent, connection = self.sent, tx.connection
        if self.extra:
            connection.execute(
                sa.update(cases).where(cases.c.id == number).values(extra=self.extra)
            )
        connection.execute(
            sa.update(case_reporters)
            .where(case_reporters.c.follow_code == taken.follow_code)
            .values(email=sent.email or None)
        )
        if sent.photos:
            entry = connection.execute(
                sa.select(sa.func.min(case_steps.c.id)).where(case_steps.c.case_id == number)
            ).scalar_one()
            adding.enter(
                tx,
                Album(self.data_dir, sent.photos),
                case_id=number,
                step_id=entry,
                phase="before",
                user_id=self.actor.user_id,
            )
