"""What the address of a case says of its place: sure, doubtful or nothing, with the reason.

A sure place is taken; of a doubtful one only the community is kept, and only where everything
that the address can mean lies in one. The work is ``geodata.places.addressing``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geodata.places.address_book import FACILITY, POINT, book_of

if TYPE_CHECKING:
    from geodata.database import Database
    from geodata.places.addressing import Candidate, Match
    from geodata.profiles import Profile


@dataclass(frozen=True)
class Found:
    """What an address came to.

    ``lon`` and ``lat`` (WGS 84) are there if it is ``sure``. ``area`` is the community in which
    all lies that it can mean. ``why`` holds keys and codes only, no word of the address.
    """

    state: str
    score: float | None
    lon: float | None
    lat: float | None
    area: str | None
    why: dict[str, Any]


def find(database: Database, profile: Profile, addresses: Sequence[str]) -> list[Found]:
    """What each address comes to; the same text is looked at once.

    Raises:
        Unavailable: the database is gone.
    """
    texts = list(dict.fromkeys(addresses))
    level = profile.smallest_level.key
    matches = book_of(database).match(database, level, texts)
    found = {text: _found(match) for text, match in zip(texts, matches, strict=True)}
    return [found[text] for text in addresses]


def matched(database: Database, profile: Profile, address: str) -> Match:
    """What one address can mean, with what was read of it."""
    return book_of(database).match(database, profile.smallest_level.key, [address])[0]


def kind_and_code(candidate: Candidate) -> tuple[str, str]:
    """What a candidate is: a facility or a taught point is known by its code in the index."""
    for kind, prefix in (("facility", FACILITY), ("point", POINT)):
        if candidate.code.startswith(prefix):
            return kind, candidate.code.removeprefix(prefix)
    return candidate.kind, candidate.code


def _found(match: Match) -> Found:
    areas = {candidate.area for candidate in match.candidates}
    area = areas.pop() if len(areas) == 1 else None
    if not match.candidates:
        return Found("none", None, None, None, None, {})
    first = match.candidates[0]
    kind, code = kind_and_code(first)
    why: dict[str, Any] = {"kind": kind, "code": code, "score": first.score}
    why |= {
        name: list(getattr(first, name))
        for name in ("agree", "missing", "contradict")
        if getattr(first, name)
    }
    if match.verdict == "sure":
        return Found("sure", first.score, first.lon, first.lat, first.area, why)
    return Found("doubtful", first.score, None, None, area, why)
