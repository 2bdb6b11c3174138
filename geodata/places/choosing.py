"""The areas as people choose among them: each after the one that it lies in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from geodata.accounts import require

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

# A circle of parents, as a wrong file may bring, ends at its first repeated code.
_TREE = sa.text(
    """
    with recursive now as (
        select code, name, level, parent_code from areas where upper_inf(held)
    ), tree as (
        select code, name, level, parent_code, 0 as depth, array[code] as path from now
        where parent_code is null or parent_code not in (select code from now)
        union all
        select now.code, now.name, now.level, now.parent_code, tree.depth + 1, path || now.code
        from now join tree on now.parent_code = tree.code where not now.code = any(path)
    )
    select code, name, level, depth, path from tree order by path
    """
)


@dataclass(frozen=True, slots=True)
class Choice:
    """An area, and how many areas stand above it."""

    code: str
    name: str
    level: str
    depth: int


def choices(database: Database, actor: Actor) -> list[Choice]:
    """The areas that stand now, those of the actor's duty where there is one."""
    require(actor, "see_map")
    with database.read() as connection:
        rows = connection.execute(_TREE).all()
    duty = actor.areas
    kept = [row for row in rows if not duty or duty & set(row.path)]
    least = min((row.depth for row in kept), default=0)
    return [Choice(row.code, row.name, row.level, row.depth - least) for row in kept]
