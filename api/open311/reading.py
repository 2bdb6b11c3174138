"""What a request says: parameters, the key, pictures. An empty parameter is none."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Final

from flask import g, request

from api.serving import database, profile
from geodata.accounts import tokens
from geodata.cases import filters
from geodata.errors import InvalidInput, NotFound, SignInNeeded

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.cases.photos.reading import Photo

KEPT_SIGNS: Final = "\n\r\t\u200c\u200d"
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
_ATTRIBUTE: Final = re.compile(r"attribute\[([^\[\]]{1,60})\](?:\[\d*\])?")


def given(name: str) -> str:
    """The parameter, from the form or the address; several of one name as a comma list."""
    values = [value for value in request.values.getlist(name) if value.strip()]
    return clean(",".join(values)).strip()


def clean(text: str) -> str:
    """Without signs that are not seen: control signs, and those that turn the writing round."""
    return "".join(
        sign for sign in text if sign in KEPT_SIGNS or unicodedata.category(sign) not in UNSEEN
    )


def several(name: str) -> tuple[str, ...]:
    """The entries of a comma list."""
    return tuple(dict.fromkeys(part.strip() for part in given(name).split(",") if part.strip()))


def number(name: str, *, default: int) -> int:
    """A whole number that counts something; raises InvalidInput."""
    text = given(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput("%(name)s is a whole number.", name=name)
    return int(text)


def degrees(name: str) -> float | None:
    """A coordinate; None where there is none; raises InvalidInput."""
    text = given(name)
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise InvalidInput("%(name)s is a number of degrees.", name=name) from error


def moment(name: str, *, end: bool = False) -> datetime | None:
    """A time; a day is its first moment, or with ``end`` the first after it."""
    text = given(name)
    return filters.moment(text, profile.timezone, end=end) if text else None


def attributes() -> dict[str, list[str]]:
    """The answers to a category's questions, by code."""
    found: dict[str, list[str]] = {}
    for name in request.values:
        match = _ATTRIBUTE.fullmatch(name)
        if match:
            values = [clean(value) for value in request.values.getlist(name)]
            found.setdefault(match[1], []).extend(values)
    return found


def photos() -> tuple[Photo, ...]:
    """The pictures that came as ``media``, drawn anew."""
    files = [file for name in ("media", "media[]") for file in request.files.getlist(name)]
    files = [file for file in files if file.filename]
    if not files:
        return ()
    from geodata.cases.photos.adding import check_number  # noqa: PLC0415 - Pillow takes time
    from geodata.cases.photos.reading import read  # noqa: PLC0415

    check_number(files)
    return tuple(read(file.read(), zone=profile.zone) for file in files)


def reader() -> Actor | None:
    """Who reads: by key or session; None is anybody. A wrong key is refused."""
    key = given("api_key")
    return tokens.actor_of_token(database, key) if key else g.get("actor")


def sender() -> Actor:
    """Whose key this is.

    Raises:
        SignInNeeded: there is none, or it is unknown, expired or revoked.
    """
    actor = reader()
    if actor is None:
        raise SignInNeeded("Send the key of this system as api_key.")
    return actor


def check_jurisdiction() -> None:
    """Refuse what is meant for another city; raises NotFound."""
    own = profile.open311.jurisdiction
    wanted = given("jurisdiction_id")
    if wanted and own is not None and wanted.casefold() != own.casefold():
        raise NotFound("There is no jurisdiction_id %(wanted)s here.", wanted=wanted)
