"""The network of the stored streets."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from geodata.errors import InvalidInput
from geodata.profiles import load_profile
from geodata.reach.networks.keeping import city_network

PROFILE = load_profile("linyi")
LINE = "SRID=4326;LINESTRING(118.3 35, 118.31 35)"
ACROSS = "SRID=4326;LINESTRING(118.305 34.99, 118.305 35.01)"


def add(database, code, line, **more):
    values = {"code": code, "geom": line, "kind": "residential", **more}
    names = ", ".join(values)
    bound = ", ".join(f":{name}" for name in values)
    with database.begin() as tx:
        tx.connection.execute(sa.text(f"insert into streets ({names}) values ({bound})"), values)
        tx.changed("streets", code, "added")


def test_streets_that_change_make_another_network_and_all_who_ask_share_one(database):
    with pytest.raises(InvalidInput, match="no line"):
        city_network(database, PROFILE)
    add(database, "S1", LINE)
    first = city_network(database, PROFILE)
    assert len(first.network) == 1
    assert city_network(database, PROFILE) is first
    add(database, "S2", ACROSS)
    assert len(city_network(database, PROFILE).network) == 4


def test_bridges_and_levels_are_heeded_as_they_are_stored(database):
    add(database, "S1", LINE)
    add(database, "S2", ACROSS, bridge=True)
    add(database, "S3", ACROSS.replace("118.305", "118.307"), z_level=-1)
    add(database, "S4", ACROSS.replace("118.305", "118.308"), foot=False)
    assert len(city_network(database, PROFILE).network) == 3
