"""Tables in one language, ready to be laid out: what a page, a PDF and an Excel file all show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from geodata.profiles import Profile

ColumnKind = Literal["text", "count", "share", "rate", "minutes", "moment", "day", "change", "code"]
Cell = str | int | float | date | datetime | None


@dataclass(frozen=True)
class Column:
    """A column: its heading and what stands in it; ``bar`` draws its figures as bars, too."""

    name: str
    kind: ColumnKind = "text"
    bar: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its title, what its figures rest on, and what to say if it has no row."""

    key: str
    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    links: tuple[int | None, ...] = ()
    """Of each row the number of what it is about."""


class Words:
    """The words of one language and city."""

    def __init__(self, profile: Profile, language: str) -> None:
        self.profile = profile
        self.language = language

    def __call__(self, sentence: str, **params: Any) -> str:
        """A sentence in the language."""
        return translate(sentence, self.language, **params)

    def term(self, kind: Any, key: str | None) -> str:
        """What the profile calls a key."""
        return self.profile.names(kind, self.language).get(key or "", key or self(_("unknown")))

    def day(self, value: date) -> str:
        """A day."""
        return f"{value:%Y-%m-%d}"

    def moment(self, value: datetime) -> str:
        """A moment in the city's time."""
        return f"{value.astimezone(self.profile.zone):%Y-%m-%d %H:%M}"


def shown(value: Cell, kind: ColumnKind, *, zone: Any) -> str:
    """A cell as people read it; a dash where nothing is known."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%m-%d %H:%M}"
    if isinstance(value, date | str):
        return str(value)
    if kind == "change" and value:
        return f"{value:+,.0f}"
    return format(value, {"share": ".1%", "rate": ",.1f"}.get(kind, ",.0f"))
