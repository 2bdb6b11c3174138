"""The places of the database as an index of addresses: one for a process, as fresh as the data.

Reading the layers takes a while, so it is done beside the work: while a newer index is being
made, the older one answers. A word that somebody taught counts at once. Only places that stand
now are meant by an address; what they were called before still leads to them.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
import structlog

from geodata.database import Database

if TYPE_CHECKING:
    from geodata.places.addressing import Index, Match

LAYERS: Final = ("areas", "compounds", "buildings", "facilities", "streets")
ALIASES: Final = "aliases"
"""The name under which taught words have a version and stand in the feed."""
FACILITY: Final = "facility:"
POINT: Final = "point:"
"""What the index's code of a place that is no compound begins with."""

_HOUSE: Final = re.compile(r"^(.+?(?:大道|路|街|巷|胡同))(\d{1,4})号?$")
_NAMED: Final = """
    select t.code, t.name, {more}, st_x(p.point) as lon, st_y(p.point) as lat,
           (select array_agg(distinct o.name) from {layer} o
            where o.code = t.code and o.name <> t.name and o.name <> '') as former
    from {layer} t, lateral (select st_pointonsurface(t.geom) as point) p
    where upper_inf(t.held) and t.name <> ''
"""
_BUILDINGS: Final = """
    select t.code, t.name, t.compound_code as compound, t.area_code as area, t.entrances,
           st_x(p.point) as lon, st_y(p.point) as lat
    from buildings t, lateral (select st_pointonsurface(t.geom) as point) p
    where upper_inf(t.held) and t.name ~ '[0-9〇-龥]'
"""
_STREETS: Final = """
    select t.code, t.name, st_x(p.point) as lon, st_y(p.point) as lat,
           (select a.code from areas a where upper_inf(a.held) and a.level = :level
            and st_intersects(a.geom, p.point) limit 1) as area
    from streets t, lateral (select st_lineinterpolatepoint(t.geom, 0.5) as point) p
    where upper_inf(t.held) and t.name <> ''
"""
_ALIASES: Final = """
    select id, word, kind, code, st_x(geom) as lon, st_y(geom) as lat,
           (select a.code from areas a where upper_inf(a.held) and a.level = :level
            and st_intersects(a.geom, place_aliases.geom) limit 1) as area
    from place_aliases where ended_at is null order by id
"""

log = structlog.get_logger("wangge.addresses")


class AddressBook:
    """The index of one database, made when it is first asked for."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._lock = threading.Lock()
        self._records: tuple[dict[str, int], dict[str, Any]] | None = None
        self._index: tuple[dict[str, int], Index] | None = None
        self._reader: threading.Thread | None = None

    def match(self, database: Database, level: str, texts: Iterable[str]) -> list[Match]:
        """What each address can mean.

        Args:
            database: Whose places they are.
            level: The level key of the smallest areas.
            texts: Addresses, as people wrote them.

        Raises:
            Unavailable: the database is gone.
        """
        return self.index(database, level).match(texts)

    def index(self, database: Database, level: str) -> Index:
        """The index as the taught words stand; the layers at most one reading behind."""
        versions = database.versions([*LAYERS, ALIASES])
        made = self._index
        if made is not None and made[0] == versions:
            return made[1]
        of_layers = {name: versions[name] for name in LAYERS}
        records = self._records
        if records is not None and records[0] != of_layers:
            self.prepare(database, level)
            if made is not None and made[0][ALIASES] == versions[ALIASES]:
                return made[1]
        with self._lock:
            made = self._index
            if made is not None and made[0] == versions:
                return made[1]
            if self._records is None:
                self._records = _read(database, level)
            return self._make(database, level)

    def prepare(self, database: Database, level: str) -> None:
        """Read what is new, beside the work; returns at once."""
        if self._reader is not None and self._reader.is_alive():
            return
        self._reader = threading.Thread(
            target=self._read_anew, args=(database.url, level), name="address-book", daemon=True
        )
        self._reader.start()

    def settle(self) -> None:
        """Wait until a reading that goes on has ended."""
        if self._reader is not None:
            self._reader.join()

    def _read_anew(self, url: str, level: str) -> None:
        try:
            with Database(url, pool_size=1) as own:
                versions = own.versions(LAYERS)
                if self._records is not None and self._records[0] == versions:
                    return
                records = _read(own, level)
                with self._lock:
                    self._records = records
                    self._make(own, level)
        except Exception as error:  # noqa: BLE001 - the older index goes on answering
            log.warning("places could not be read for addresses", error=type(error).__name__)

    def _make(self, database: Database, level: str) -> Index:
        """The index of what was read with the words that count now; the lock is held."""
        assert self._records is not None  # noqa: S101 - for the type checker
        versions, records = self._records
        with database.read() as connection:
            taught = _taught(connection, level)
            at = connection.execute(
                sa.text("select version from layer_versions where layer = :layer"),
                {"layer": ALIASES},
            ).scalar_one_or_none()
        index = _index(records, taught)
        self._index = ({**versions, ALIASES: at or 0}, index)
        return index


_books: OrderedDict[str, AddressBook] = OrderedDict()
_books_lock = threading.Lock()
_MOST_BOOKS: Final = 4


def book_of(database: Database) -> AddressBook:
    """The address book of a database in this process."""
    with _books_lock:
        book = _books.setdefault(database.url, AddressBook())
        _books.move_to_end(database.url)
        while len(_books) > _MOST_BOOKS:
            _books.popitem(last=False)
        return book


def _read(database: Database, level: str) -> tuple[dict[str, int], dict[str, Any]]:
    """The layers as records, and the versions that they have."""
    with database.read() as connection:
        found = connection.execute(
            sa.text(
                "select layer, version from layer_versions where layer = any(cast(:l as text[]))"
            ),
            {"l": list(LAYERS)},
        )
        versions = dict.fromkeys(LAYERS, 0) | {row.layer: row.version for row in found}
        records = {
            "areas": _rows(connection, "areas", "t.level, t.parent_code as parent"),
            "compounds": _rows(connection, "compounds", "t.area_code as area"),
            "facilities": _rows(connection, "facilities", "t.area_code as area"),
            "buildings": _buildings(connection.execute(sa.text(_BUILDINGS)).all()),
            "streets": connection.execute(sa.text(_STREETS), {"level": level}).all(),
        }
    return versions, records


def _rows(connection: sa.Connection, layer: str, more: str) -> Sequence[Any]:
    return connection.execute(sa.text(_NAMED.format(layer=layer, more=more))).all()


def _buildings(rows: Sequence[Any]) -> list[Any]:
    """Records of the buildings that an address can name."""
    from geodata.places.addressing import Building, building_number  # noqa: PLC0415 - heavy
    from geodata.places.addressing.reading import clean  # noqa: PLC0415

    out = []
    for row in rows:
        house = None if row.compound else _HOUSE.match(clean(row.name))
        number = building_number(row.name) if row.compound else ""
        if house or number:
            street, told = house.groups() if house else ("", "")
            name = row.name if row.compound is None or len(row.name) > len(number) + 2 else ""
            out.append(
                Building(
                    row.code, row.compound, number, row.lon, row.lat, row.entrances or None,
                    street, told, row.area, name,
                )
            )  # fmt: skip
    return out


def _taught(connection: sa.Connection, level: str) -> Sequence[Any]:
    return connection.execute(sa.text(_ALIASES), {"level": level}).all()


def _index(records: dict[str, Any], taught: Sequence[Any]) -> Index:
    from geodata.places.addressing import Area, Compound, Index, Street  # noqa: PLC0415 - heavy

    words: dict[tuple[str, str], list[str]] = defaultdict(list)
    for alias in taught:
        if alias.code is not None:
            words[alias.kind, alias.code].append(alias.word)

    def names(kind: str, row: Any) -> tuple[str, ...]:
        return (*(row.former or ()), *words.get((kind, row.code), ()))

    areas = [
        Area(r.code, r.name, r.level, r.parent, r.lon, r.lat, names("area", r))
        for r in records["areas"]
    ]
    compounds = [
        Compound(r.code, r.name, r.area, r.lon, r.lat, names("compound", r))
        for r in records["compounds"]
    ]
    compounds += [
        Compound(FACILITY + r.code, r.name, r.area, r.lon, r.lat, names("facility", r))
        for r in records["facilities"]
    ]
    compounds += [
        Compound(f"{POINT}{a.id}", a.word, a.area, a.lon, a.lat)
        for a in taught
        if a.kind == "point"
    ]
    streets = [Street(r.code, r.name, r.area, r.lon, r.lat) for r in records["streets"]]
    for (kind, code), called in words.items():
        if kind == "street":
            streets += [
                Street(f"{r.code}", word, r.area, r.lon, r.lat)
                for r in records["streets"]
                if r.name == code
                for word in called
            ]
    return Index(areas=areas, compounds=compounds, buildings=records["buildings"], streets=streets)
