"""The demo city's grid workers with telephones of duty, and who is on duty in the weeks to come.

Nobody can sign in as one of them: they have no password. Their names are those that the grids
carry; the telephones begin with figures that no exchange gives.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from geodata.accounts import record
from geodata.accounts.tables import users
from geodata.cases.duty.tables import duty
from geodata.demo.framing import GRID_WORKER

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.demo.city import City

ACCOUNT: Final = "worker"
"""The demo account of a grid worker."""
BY: Final = "demo"
"""Who entered the shifts."""
POST: Final = "网格员"
NIGHT_POST: Final = "夜间值班"
WEEKS: Final = 4
NIGHTS: Final = 14
OFFICE_DIGITS: Final = 9
"""Of a street office's code, with which those of its communities begin."""


def staff(database: Database, actor: Actor, city: City) -> int:
    """Add or renew the workers and their duty; gives how many workers there are."""
    people = _people(city)
    if not people:
        return 0
    begin = _midnight(city)
    with database.begin() as tx:
        connection = tx.connection
        connection.execute(sa.delete(duty).where(duty.c.set_by == BY))
        query = insert(users).on_conflict_do_nothing()
        others = [one for one in people if one["name"] != ACCOUNT]
        connection.execute(query, [{name: one[name] for name in _COLUMNS} for one in others])
        known = connection.execute(sa.select(users.c.id, users.c.name)).all()
        numbers = {row.name: row.id for row in known}
        telephone = _telephone(0)
        account = users.c.name == ACCOUNT
        connection.execute(sa.update(users).where(account).values(telephone=telephone))
        shifts = [
            {
                "user_id": numbers[one["name"]],
                "area_code": one["grid"],
                "post": POST,
                "since": begin,
                "until": begin + timedelta(weeks=WEEKS),
                "set_by": BY,
            }
            for one in people
        ]
        connection.execute(sa.insert(duty), shifts + _nights(people, numbers, begin))
        record(tx, actor, "duty_added", "duty", count=len(shifts))
    return len(people)


_COLUMNS: Final = ("name", "display_name", "role", "areas", "telephone")


def _people(city: City) -> list[dict[str, Any]]:
    """One worker for each grid that stands; one of them has a demo account."""
    standing = city.grids[city.grids["ended"].isna()].sort_values("code")
    return [
        {
            "name": ACCOUNT if extra["worker"] == GRID_WORKER else f"wg{code}",
            "display_name": f"网格员 {extra['worker']}",
            "role": "worker",
            "areas": [area],
            "telephone": _telephone(k),
            "grid": code,
        }
        for k, (code, area, extra) in enumerate(
            zip(standing["code"], standing["area_code"], standing["extra"], strict=True), start=1
        )
    ]


def _nights(
    people: list[dict[str, Any]], numbers: dict[str, int], begin: datetime
) -> list[dict[str, Any]]:
    """For each street office one of its workers a night, in turn."""
    offices: dict[str, list[int]] = {}
    for one in people:
        offices.setdefault(one["areas"][0][:OFFICE_DIGITS], []).append(numbers[one["name"]])
    return [
        {
            "user_id": its[night % len(its)],
            "area_code": office,
            "post": NIGHT_POST,
            "since": begin + timedelta(days=night, hours=17, minutes=30),
            "until": begin + timedelta(days=night + 1, hours=8, minutes=30),
            "set_by": BY,
        }
        for office, its in sorted(offices.items())
        for night in range(NIGHTS)
    ]


def _midnight(city: City) -> datetime:
    """When the day before the city's now began."""
    zone = city.profile.zone
    day = city.until.astimezone(zone).date() - timedelta(days=1)
    return datetime.combine(day, time(), tzinfo=zone)


def _telephone(number: int) -> str:
    return f"0539-000{number:04}"
