"""What new grids are called until somebody calls them otherwise: the next number of the community.

Planners know the grids of a community by number (枣园社区第3网格). A new one goes on after the
highest number that the draft and the net in force have there, in the words that the others are
called by, so that no two grids of a community ever have one name, neither today nor on the day
that the draft comes into force.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import shapely

from geodata.crs import convert_geometries
from geodata.places.codes import map_order
from geodata.plans import store, store_standing
from geodata.plans.naming_places import names_of
from geodata.plans.net import Net
from geodata.plans.succeeding import communities
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    import sqlalchemy as sa

NUMERALS: Final = "零一二三四五六七八九"
_DIGITS: Final = re.compile(r"^(?P<before>.*?)(?P<number>\d{1,9})(?P<after>\D*)$", re.ASCII)
_NUMERALS: Final = re.compile(
    r"^(?P<before>.*第)(?P<number>[一二三四五六七八九十]{1,3})(?P<after>\D*)$"
)
_OF_GRIDS: Final = re.compile("网格|grid", re.IGNORECASE)
LEAST_ALIKE: Final = 3
"""So many names that do not speak of grids must be alike to be gone by."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """How the grids of a community are called: words around a number."""

    before: str
    after: str
    width: int = 0
    in_words: bool = False

    def name(self, number: int) -> str:
        """The name with a number."""
        said = in_chinese(number) if self.in_words else f"{number:0{self.width}d}"
        return f"{self.before}{said}{self.after}"


def numbered(
    net: Net,
    wanted: Iterable[int],
    *,
    names: Mapping[str, Collection[str]],
    places: Mapping[str, str],
    language: str = "zh",
    wishes: Mapping[int, str] | None = None,
    compounds: Collection[str] = (),
) -> Net:
    """The net in which those of these grids that have neither name nor code have a name.

    Args:
        net: The net, or the part of it that these grids are in.
        wanted: Which grids; their numbers go from the west to the east, in bands from the north.
        names: The names that are taken in each community; those of ``net`` are taken as well.
        places: What communities are called, by code.
        language: Of the words where no grid of a community has a number yet.
        wishes: What grids shall be called if none of ``net`` is called so.
        compounds: What compounds are called: numbers in their names do not count grids.
    """
    wishes = wishes or {}
    rows = net.grids
    known = zip(rows.index.tolist(), rows["name"], rows["code"], strict=True)
    open_ones = {grid for grid, name, code in known if not _text(name) and not _text(code)}
    open_ones |= {grid for grid, name in rows["name"].items() if grid in wishes and not _text(name)}
    bare = [grid for grid in wanted if grid in open_ones]
    if not bare:
        return net
    lies = communities(net)
    taken = {where: set(them) for where, them in names.items()}
    own: dict[str, set[str]] = {}
    for grid, name in rows["name"].items():
        if _text(name):
            own.setdefault(lies.get(int(str(grid)), ""), set()).add(name)
    given: dict[Any, str] = {}
    for grid in _in_order(net, bare):
        where = lies.get(grid, "")
        here = own.setdefault(where, set())
        name = wishes.get(grid)
        if name is None or name in here:
            name = next_name(
                here | taken.get(where, set()), places.get(where, ""), language, compounds=compounds
            )
        here.add(name)
        given[grid] = name
    names_now = [given.get(grid, name) for grid, name in rows["name"].items()]
    changed = rows.assign(name=pd.Series(names_now, index=rows.index, dtype=object))
    return replace(net, grids=changed)


def next_name(
    names: Collection[str],
    community: str,
    language: str = "zh",
    *,
    compounds: Collection[str] = (),
) -> str:
    """The name of the next grid of a community.

    Args:
        names: Those that are taken there.
        community: What the community is called.
        language: Of the words where no name has a number yet.
        compounds: Names that are not gone by, though grids may be called so.
    """
    known = sorted(set(names) - set(compounds))
    read = [(name, one) for name in known if (one := _read(name)) is not None]
    alike = Counter((pattern.before, pattern.after, pattern.in_words) for _n, (pattern, _k) in read)
    fit = [
        (count, key)
        for key, count in alike.items()
        if _OF_GRIDS.search(key[0] + key[1]) or count >= max(LEAST_ALIKE, len(known) / 2)
    ]
    if fit:
        key = max(fit, key=lambda one: (one[0], -len(one[1][0]), one[1]))[1]
        same = [one for _n, one in read if (one[0].before, one[0].after, one[0].in_words) == key]
        pattern = max((one for one, _k in same), key=lambda one: one.width)
        number = max(k for _p, k in same) + 1
        if pattern.in_words and number > 99:
            pattern = replace(pattern, in_words=False)
    else:
        pattern, number = _usual(community, language), 1
    while pattern.name(number) in names:
        number += 1
    return pattern.name(number)


def in_chinese(number: int) -> str:
    """A number from 1 to 99 in Chinese numerals."""
    tens, ones = divmod(number, 10)
    head = "" if not tens else ("十" if tens == 1 else f"{NUMERALS[tens]}十")
    return head + (NUMERALS[ones] if ones else "")


def from_chinese(said: str) -> int | None:
    """A number up to 99 that is written in Chinese numerals; None if it is none."""
    read = {in_chinese(number): number for number in range(1, 100)}
    return read.get(said)


def parted_from_compounds(net: Net, names: Mapping[str, str]) -> Net:
    """The net in which no grid of several places, or of half of one, is called after a compound.

    A draft that begins with compounds has a grid for each, called as it is. A grid that a proposal
    makes of several of them is none of them: it is called by its number.

    Args:
        net: The net.
        names: What compounds are called, by code.
    """
    called = net.units["compound"].map(names)
    alone = net.units.groupby("compound")["grid"].transform("nunique") == 1
    same = (called == net.units["grid"].map(net.grids["name"])) & alone
    empty = net.units["compound"].isna() & (net.units["households"].fillna(0) == 0)
    whole = (same | empty).groupby(net.units["grid"]).all()
    rows = net.grids
    after = rows["name"].isin(set(names.values())) & rows["code"].isna() & ~rows["locked"]
    wrong = after & ~whole.reindex(rows.index, fill_value=True).astype(bool)
    if not wrong.any():
        return net
    return replace(net, grids=rows.assign(name=rows["name"].mask(wrong, "")))


def kept_with_names(
    connection: sa.Connection,
    net: Net,
    area_codes: Iterable[str],
    *,
    before: Iterable[int] = (),
    plan_id: int | None = None,
    language: str = "zh",
    wishes: Mapping[int, str] | None = None,
) -> Net:
    """The net of a draft, or the part of it that is loaded, with names for its new grids.

    Args:
        connection: Where.
        net: The net.
        area_codes: The communities of the draft.
        before: Grids that are none of the new ones.
        plan_id: The draft, if the net is a part of it.
        language: Of the words where no grid of a community has a number yet.
        wishes: What grids shall be called if nobody else is called so.
    """
    new = [int(grid) for grid in net.grids.index.difference(pd.Index(list(before)))]
    names = net.grids.loc[new, "name"]
    if not new or all(_text(name) for name in names):
        return net
    codes = list(area_codes)
    taken: dict[str, set[str]] = {}
    rows = [*store_standing.names_of_grids(connection, codes)]
    if plan_id is not None:
        rows += store.names_of_grids(connection, plan_id)
    for name, community in rows:
        taken.setdefault(community or "", set()).add(name)
    within = sorted(net.units["compound"].dropna().unique().tolist())
    return numbered(
        net,
        new,
        names=taken,
        places=names_of(connection, codes),
        language=language,
        wishes=wishes,
        compounds=set(store_standing.names_of(connection, compound=within, area=[]).values()),
    )


def _usual(community: str, language: str) -> Pattern:
    """How grids are called where none has a number yet."""
    said = translate(_("%(community)s grid %(number)s"), language, community=community, number=0)
    before, _zero, after = said.rpartition("0")
    return Pattern(before.lstrip(), after)


def _read(name: str) -> tuple[Pattern, int] | None:
    """The pattern and the number of a name; None if it has no number."""
    if found := _DIGITS.match(name):
        digits = found["number"]
        width = len(digits) if digits.startswith("0") else 0
        return Pattern(found["before"], found["after"], width), int(digits)
    if found := _NUMERALS.match(name):
        number = from_chinese(found["number"])
        if number is not None:
            return Pattern(found["before"], found["after"], in_words=True), number
    return None


def _in_order(net: Net, grids: list[int]) -> list[int]:
    """Grids in the order that a map reader expects."""
    borders = net.borders(grids)
    if len(borders) < 2:
        return [int(grid) for grid in borders.index]
    middles = shapely.point_on_surface(borders.geometry.to_numpy())
    lon, lat = shapely.get_coordinates(
        convert_geometries(middles, from_=f"EPSG:{net.units.crs.to_epsg()}", to="wgs84")
    ).T
    return [int(borders.index[k]) for k in map_order(lon, lat)]


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
