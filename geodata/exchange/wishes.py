"""What a user says about a file, and who may bring it; light, for the server's start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from geodata.accounts import Actor, require
from geodata.errors import InvalidInput
from geodata.exchange.fields import fields_of

_BESIDE: Final[dict[str, tuple[str, ...]]] = {"cases": (), "rooms": ("keep_rooms",)}
"""What one must be permitted beside importing; else to edit places."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user says about a file.

    Attributes:
        crs: ``gcj02``, ``bd09``, ``wgs84`` or ``EPSG:n``; absent: the file's own.
        mapping: Column by field; an empty column leaves the field out.
        values: Value by field, for every row.
        layer_name: Which layer, sheet or file inside a zip archive.
        filename: What the user calls the file.
        skip_bad: Take the good rows of a file that has bad ones.
        replace: End current features that the file does not have.
        since: From when it holds: a date (the beginning of that local day) or an instant.
        attribution: Shown on the maps.
        dry_run: Do everything, store nothing.
    """

    crs: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    layer_name: str | None = None
    filename: str | None = None
    skip_bad: bool = False
    replace: bool = False
    since: date | datetime | None = None
    attribution: str = ""
    dry_run: bool = False


def require_import(actor: Actor, layer: str) -> None:
    """Let pass who may bring files into the layer: borders need more than cases.

    Raises:
        NotAllowed: The role may not.
        NotFound: No such layer.
    """
    for permission in _needed(layer):
        require(actor, permission)
    fields_of(layer)


def may_import(actor: Actor, layer: str) -> bool:
    """Whether somebody may bring files into the layer."""
    return all(actor.may(permission) for permission in _needed(layer))


def _needed(layer: str) -> tuple[str, ...]:
    return ("import", *_BESIDE.get(layer, ("edit_places",)))


def parse_at(text: str | None) -> date | datetime | None:
    """A date or an instant as people write it.

    Raises:
        InvalidInput: It is neither.
    """
    if text is None:
        return None
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    raise InvalidInput(
        "“%(text)s” is neither a date like 2026-06-01 nor a time like 2026-06-01T08:00:00+08:00.",
        text=text,
    )
