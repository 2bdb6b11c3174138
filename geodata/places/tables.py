"""Areas, grids, compounds, buildings, facilities and streets, each with its past.

Every row is one *version* of a feature: ``code`` names the feature for ever, ``held`` is the
period in which this version held. Versions of one code never overlap in time. Nothing is
overwritten: a change closes the old version and adds a new one. Geometries are WGS 84
(EPSG:4326), longitude first.
"""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint

from geodata.database.tables import metadata


def _versioned(name: str, shape: str, *columns: Any, comment: str) -> Table:
    """A layer table: what all layers share, and its own columns."""
    return Table(
        name,
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("code", Text, nullable=False),
        Column("name", Text, nullable=False, server_default=""),
        *columns,
        Column("extra", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
        Column("import_id", BigInteger, comment="imports.id that brought this version"),
        Column("held", TSTZRANGE, nullable=False, server_default=text("tstzrange(now(), NULL)")),
        Column("geom", Geometry(shape, srid=4326, spatial_index=False), nullable=False),
        ExcludeConstraint(("code", "="), ("held", "&&"), using="gist", name=f"ex_{name}_code_held"),
        CheckConstraint("not isempty(held)", name="held_not_empty"),
        Index(f"ix_{name}_geom", "geom", postgresql_using="gist"),
        Index(
            f"uq_{name}_code_now",
            "code",
            unique=True,
            postgresql_where=text("upper_inf(held)"),
        ),
        comment=comment,
    )


def _count(name: str) -> Column[int]:
    return Column(name, Integer, CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative"))


areas = _versioned(
    "areas",
    "MULTIPOLYGON",
    Column("level", Text, nullable=False, comment="a level key of the profile"),
    Column("parent_code", Text, comment="areas.code one level up"),
    _count("households"),
    _count("residents"),
    comment="administrative areas in levels: county, street office, community",
)

grids = _versioned(
    "grids",
    "MULTIPOLYGON",
    Column("area_code", Text, comment="the community that it belongs to"),
    _count("households"),
    _count("residents"),
    comment="the patches that one grid worker each answers for",
)

compounds = _versioned(
    "compounds",
    "MULTIPOLYGON",
    Column("area_code", Text, comment="the community that it lies in"),
    Column("type", Text, comment="a compound type key of the profile"),
    Column("closed", Boolean, comment="walled with gates; unknown if null"),
    Column("property_firm", Text, comment="absent: nobody manages it"),
    _count("households"),
    _count("residents"),
    comment="residential estates",
)

buildings = _versioned(
    "buildings",
    "MULTIPOLYGON",
    Column("compound_code", Text, comment="the compound that it stands in"),
    Column("area_code", Text, comment="the community that it stands in"),
    Column("use", Text, comment="residential, shop, office, school, …"),
    _count("floors"),
    _count("entrances"),
    _count("households"),
    _count("residents"),
    _count("elderly"),
    comment="buildings with the households that live in them",
)

facilities = _versioned(
    "facilities",
    "POINT",
    Column("area_code", Text, comment="the community that it lies in"),
    Column("kind", Text, comment="a facility kind key of the profile"),
    Column("equipment", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("hours", Text, comment="opening hours in the OpenStreetMap notation"),
    Column("address", Text),
    Column("telephone", Text),
    Column("floor_area_m2", Double),
    _count("capacity"),
    comment="staffed places that serve residents: stations, centres, clinics, canteens",
)

streets = _versioned(
    "streets",
    "LINESTRING",
    Column("kind", Text, comment="a highway class: primary, residential, footway, …"),
    Column("oneway", Boolean),
    Column("bridge", Boolean),
    Column("tunnel", Boolean),
    Column("z_level", Integer, comment="0 on the ground; streets of different ones do not meet"),
    Column("foot", Boolean, comment="whether one may walk there, whatever its kind says"),
    Column("foot_oneway", Integer, comment="1 walked as drawn alone, -1 against it alone"),
    comment="streets and ways on foot; also rivers and railways as kinds",
)

gates = _versioned(
    "gates",
    "POINT",
    Column("area_code", Text, comment="the community that it lies in"),
    Column("compound_code", Text, comment="the compound that it leads into"),
    comment="where one gets into a closed compound on foot",
)

LAYERS: dict[str, Table] = {
    table.name: table for table in (areas, grids, compounds, buildings, facilities, streets, gates)
}

place_aliases = Table(
    "place_aliases",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("word", Text, nullable=False, comment="what people call it"),
    Column("reading", Text, nullable=False, comment="the word as addresses are compared"),
    Column("kind", Text, nullable=False),
    Column("code", Text, comment="of the area, compound, facility or street's name"),
    Column("taught_by", Text, nullable=False, comment="the name as it was then"),
    Column("taught_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("case_id", BigInteger, comment="cases.id of the ticket that taught it"),
    Column("ended_at", DateTime(timezone=True), comment="since when it counts no more"),
    Column("ended_by", Text, comment="the name as it was then"),
    Column("geom", Geometry("POINT", srid=4326, spatial_index=False), comment="of a mere point"),
    CheckConstraint(
        "kind in ('area', 'compound', 'facility', 'street', 'point')", name="alias_kind_known"
    ),
    CheckConstraint("(kind = 'point') = (code is null)", name="alias_names_a_place"),
    CheckConstraint("(kind = 'point') = (geom is not null)", name="alias_has_a_point"),
    Index(
        "uq_place_aliases_now",
        "reading",
        "kind",
        "code",
        unique=True,
        postgresql_where=text("ended_at is null and kind <> 'point'"),
    ),
    comment="words that people taught for places; ended, never deleted",
)
