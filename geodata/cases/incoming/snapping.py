"""Reports from a phone: with photos, sent again if the answer was lost, from anybody.

The phone makes a key for each report: sent again with the same key it is the same report, and the
answer is the one that was lost.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from geodata.accounts import require
from geodata.accounts.permissions import STRANGER
from geodata.cases.incoming import reporting
from geodata.cases.incoming.reporting import Report, Taken
from geodata.cases.photos import adding
from geodata.cases.photos.keeping import Album
from geodata.cases.steps import stepping
from geodata.cases.steps import store as steps
from geodata.cases.steps.stepping import Wanted
from geodata.cases.tables import case_reporters, case_steps
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.cases.photos.reading import Photo
    from geodata.database import Database, Transaction
    from geodata.profiles import Profile

ON_SPOT: Final = "on_spot"
"""The step by which a worker closes what was found and done in one go, if the profile has it."""
TITLE: Final = 40
"""Signs of the text that become the title."""
SYSTEMS: Final = ("wgs84", "gcj02", "bd09")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_TELEPHONE: Final = re.compile(r"\+?[0-9 ()\-]{5,24}")
_JOINERS: Final = "\u200c\u200d"


@dataclass(frozen=True)
class Snap:
    """A report from a phone.

    Attributes:
        client_key: Made by the phone for this report alone.
        category: A category key of the profile.
        source: A source key of the profile; empty: that of reports without an account.
        text: What there is to say.
        lon: Longitude in ``crs``, degrees; None: not known.
        lat: Latitude in ``crs``, degrees.
        crs: ``wgs84``, ``gcj02`` or ``bd09``.
        address: Where, in words.
        name: Of who reports; personal.
        telephone: Of who reports; personal.
        done: What was done about it on the spot; empty: it is still to be done.
        before: Photos of how it was found.
        after: Photos of how it was left, where it was done on the spot.
    """

    client_key: str
    category: str
    source: str = ""
    text: str = ""
    lon: float | None = None
    lat: float | None = None
    crs: str = "wgs84"
    address: str = ""
    name: str = ""
    telephone: str = ""
    done: str = ""
    before: tuple[Photo, ...] = ()
    after: tuple[Photo, ...] = ()


def snap(
    database: Database, actor: Actor, profile: Profile, told: Snap, *, data_dir: Path
) -> Taken:
    """Take a report with its photos, or give what became of it when it came before.

    Raises:
        NotAllowed: reports without an account are closed, or the role may not report.
        InvalidInput: what ``reporting.report`` refuses; a key, a telephone or a number of photos
            that cannot be.
        Unavailable: the disk is full; nothing was entered.
    """
    check_open(actor, profile)
    key = _digest(told.client_key)
    if told.crs not in SYSTEMS:
        raise InvalidInput(
            "Say in which system the place is given: %(known)s.", known=", ".join(SYSTEMS)
        )
    adding.check_number(told.before)
    adding.check_number(told.after)
    text = clean(told.text)
    title = text.splitlines()[0][:TITLE] if text else profile.category(told.category).name.zh
    report = Report(
        category=told.category,
        source=profile.anonymous_source if _is_stranger(actor) or not told.source else told.source,
        title=title,
        description=text,
        lon=told.lon,
        lat=told.lat,
        crs=told.crs,
        address=clean(told.address),
        reporter_name=clean(told.name) or None,
        reporter_telephone=_telephone(told.telephone),
    )
    along = _Along(actor, key, told, data_dir)
    taken = reporting.report(database, actor, profile, report, along=along)
    return _done(database, actor, profile, told, taken, data_dir)


def again(database: Database, actor: Actor, profile: Profile, client_key: str) -> Taken | None:
    """What became of the report of that key, if it came before.

    Raises:
        NotAllowed: reports without an account are closed, or the role may not report.
        InvalidInput: the key cannot be.
    """
    check_open(actor, profile)
    with database.begin() as tx:
        return _known(tx, _digest(client_key))


def check_open(actor: Actor, profile: Profile) -> None:
    """Refuse strangers where the city takes no reports without an account.

    Raises:
        NotAllowed: closed, or the role may not report.
    """
    require(actor, "report_case")
    if _is_stranger(actor) and not profile.cases.anonymous_reports:
        raise NotAllowed("Reports without an account are closed here; sign in, or call 12345.")


def clean(text: str) -> str:
    """Without signs that are not seen: control signs, and those that turn the writing round."""
    kept = (
        sign
        for sign in text.replace("\r\n", "\n")
        if sign in "\n" + _JOINERS or unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co"}
    )
    return "".join(kept).strip()


@dataclass(frozen=True)
class _Along:
    """The photos of a report and the key that it is known by."""

    actor: Actor
    key: str
    told: Snap
    data_dir: Path

    def earlier(self, tx: Transaction) -> Taken | None:
        """Let nobody else take the same report at once, then look whether it is here."""
        number = int.from_bytes(bytes.fromhex(self.key[:16]), "big", signed=True)
        tx.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
        return _known(tx, self.key)

    def then(self, tx: Transaction, taken: Taken) -> None:
        """Remember the key, and keep the photos with the first entry."""
        number = taken.case["id"]
        tx.connection.execute(
            sa.update(case_reporters)
            .where(case_reporters.c.follow_code == taken.follow_code)
            .values(client_key=self.key)
        )
        entry = tx.connection.execute(
            sa.select(sa.func.min(case_steps.c.id)).where(case_steps.c.case_id == number)
        ).scalar_one()
        album = Album(self.data_dir, self.told.before)
        adding.enter(
            tx,
            album,
            case_id=number,
            step_id=entry,
            phase="before",
            user_id=self.actor.user_id,
        )


def _known(tx: Transaction, key: str) -> Taken | None:
    query = sa.select(case_reporters.c.case_id, case_reporters.c.follow_code).where(
        case_reporters.c.client_key == key
    )
    row = tx.connection.execute(query).one_or_none()
    case = None if row is None else steps.seen(tx.connection, row.case_id)
    return None if row is None or case is None else Taken(case, False, row.follow_code)


def _done(
    database: Database, actor: Actor, profile: Profile, told: Snap, taken: Taken, data_dir: Path
) -> Taken:
    """Close what was done on the spot; what may not be closed so stays open, and is not lost."""
    done = clean(told.done)
    case = taken.case
    if not done or _is_stranger(actor) or case["state"] != profile.first_state:
        return taken
    try:
        if told.after and not _has_after(database, case["id"]):
            album = Album(data_dir, told.after)
            case = adding.add_photos(database, actor, case["id"], phase="after", album=album).case
        wanted = Wanted(ON_SPOT, case["revision"], done)
        case = stepping.step(database, actor, profile, case["id"], wanted).case
    except (NotAllowed, NotFound, Conflict):
        return replace(taken, case=case)
    return replace(taken, case=case)


def _has_after(database: Database, number: int) -> bool:
    with database.read() as connection:
        return adding.has(connection, number, "after")


def _is_stranger(actor: Actor) -> bool:
    return actor.role == STRANGER


def _digest(client_key: str) -> str:
    if not _KEY.fullmatch(client_key):
        raise InvalidInput("A report needs a key of its own: 16 to 64 letters and digits.")
    return hashlib.sha256(client_key.encode()).hexdigest()


def _telephone(words: str) -> str | None:
    """The number as it was typed, with plain digits."""
    plain = clean(unicodedata.normalize("NFKC", words))
    if plain and not _TELEPHONE.fullmatch(plain):
        raise InvalidInput("This is no telephone number; correct it or leave it empty.")
    return plain or None
