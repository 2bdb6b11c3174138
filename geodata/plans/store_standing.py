"""SQL about what stands around a draft: areas, the net in force, its versions, streets, walls."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from geodata.places.tables import areas, buildings, compounds, facilities, grids, streets

Row = dict[str, Any]


def communities_inside(connection: sa.Connection, code: str, level: str) -> list[str]:
    """The codes of the smallest areas that lie in an area, or its own; empty: no such area."""
    rows = connection.execute(
        sa.text(
            "WITH RECURSIVE inside(code, level) AS ("
            "  SELECT code, level FROM areas WHERE code = :code AND held @> now()"
            "  UNION SELECT a.code, a.level FROM areas a JOIN inside i ON a.parent_code = i.code"
            "  WHERE a.held @> now())"
            " SELECT code FROM inside WHERE level = :level ORDER BY code"
        ),
        {"code": code, "level": level},
    )
    return list(rows.scalars())


def is_area(connection: sa.Connection, code: str) -> bool:
    """Whether an area has this code now."""
    query = sa.select(areas.c.id).where(areas.c.code == code, areas.c.held.op("@>")(sa.func.now()))
    return connection.execute(query).first() is not None


LAYERS: Final = {
    "grids": (
        grids,
        grids.c.area_code,
        ("id", "code", "name", "area_code", "households", "residents", "extra"),
    ),
    "compounds": (
        compounds,
        compounds.c.area_code,
        ("code", "name", "type", "closed", "area_code", "households", "residents"),
    ),
    "buildings": (
        buildings,
        buildings.c.area_code,
        (
            "code",
            "use",
            "area_code",
            "compound_code",
            "households",
            "residents",
            "elderly",
            "extra",
        ),
    ),
}


def standing(connection: sa.Connection, layer: str, communities: list[str]) -> list[Row]:
    """Current places of communities by code, with ``geom`` as WKB in WGS 84."""
    table, of, names = LAYERS[layer]
    wkb = sa.func.ST_AsBinary(table.c.geom, type_=sa.LargeBinary).label("geom")
    rows = connection.execute(
        sa.select(*(table.c[name] for name in names), wkb)
        .where(of == sa.any_(sa.literal(communities, sa.ARRAY(sa.Text))))
        .where(table.c.held.op("@>")(sa.func.now()))
        .order_by(table.c.code)
    )
    return [dict(row) for row in rows.mappings()]


def names_of_grids(connection: sa.Connection, communities: list[str]) -> list[Any]:
    """Name and community of grids that are in force, or are to come into force."""
    return [
        *connection.execute(
            sa.select(grids.c.name, grids.c.area_code)
            .where(grids.c.area_code == sa.any_(sa.literal(communities, sa.ARRAY(sa.Text))))
            .where(sa.func.coalesce(sa.func.upper(grids.c.held) > sa.func.now(), sa.true()))
            .where(grids.c.name != "")
        )
    ]


def communities_with_borders(connection: sa.Connection, codes: list[str]) -> list[Row]:
    """Current areas of these codes; ``geom`` as WKB in WGS 84."""
    wkb = sa.func.ST_AsBinary(areas.c.geom, type_=sa.LargeBinary).label("geom")
    rows = connection.execute(
        sa.select(areas.c.code, areas.c.name, wkb)
        .where(areas.c.code == sa.any_(sa.literal(codes, sa.ARRAY(sa.Text))))
        .where(areas.c.held.op("@>")(sa.func.now()))
        .order_by(areas.c.code)
    )
    return [dict(row) for row in rows.mappings()]


def names_of(connection: sa.Connection, *, compound: list[str], area: list[str]) -> dict[str, str]:
    """What current places are called, by code."""
    found: dict[str, str] = {}
    for table, codes in ((compounds, compound), (areas, area)):
        rows = connection.execute(
            sa.select(table.c.code, table.c.name)
            .where(table.c.code == sa.any_(sa.literal(codes, sa.ARRAY(sa.Text))))
            .where(table.c.held.op("@>")(sa.func.now()))
        )
        found |= {row.code: row.name for row in rows if row.name}
    return found


def streets_near(connection: sa.Connection, box: tuple[float, float, float, float]) -> list[Row]:
    """Current streets that touch a box in WGS 84 degrees; ``geom`` as WKB in the same."""
    wanted = sa.func.ST_MakeEnvelope(*box, 4326)
    wkb = sa.func.ST_AsBinary(streets.c.geom, type_=sa.LargeBinary)
    width = streets.c.extra.op("->>")("width_m")
    rows = connection.execute(
        sa.select(streets.c.name, streets.c.kind, width.label("width_m"), wkb.label("geom"))
        .where(streets.c.geom.op("&&")(wanted))
        .where(streets.c.held.op("@>")(sa.func.now()))
        .order_by(streets.c.code)
    )
    return [dict(row) for row in rows.mappings()]


def walls_near(connection: sa.Connection, box: tuple[float, float, float, float]) -> list[Row]:
    """The borders of current compounds that touch a box in WGS 84 degrees: name, ``geom``."""
    wanted = sa.func.ST_MakeEnvelope(*box, 4326)
    wkb = sa.func.ST_AsBinary(sa.func.ST_Boundary(compounds.c.geom), type_=sa.LargeBinary)
    rows = connection.execute(
        sa.select(compounds.c.code.label("name"), wkb.label("geom"))
        .where(compounds.c.geom.op("&&")(wanted))
        .where(compounds.c.held.op("@>")(sa.func.now()))
        .order_by(compounds.c.code)
    )
    return [dict(row) for row in rows.mappings()]


def stations_near(
    connection: sa.Connection, box: tuple[float, float, float, float], kinds: list[str]
) -> list[bytes]:
    """Current facilities of some kinds in a box in WGS 84 degrees, as WKB."""
    wanted = sa.func.ST_MakeEnvelope(*box, 4326)
    wkb = sa.func.ST_AsBinary(facilities.c.geom, type_=sa.LargeBinary)
    rows = connection.execute(
        sa.select(wkb)
        .where(facilities.c.geom.op("&&")(wanted))
        .where(facilities.c.kind == sa.any_(sa.literal(kinds, sa.ARRAY(sa.Text))))
        .where(facilities.c.held.op("@>")(sa.func.now()))
        .order_by(facilities.c.code)
    )
    return list(rows.scalars())


# ── versions of grids ────────────────────────────────────────────────────────────────────────


def last_versions(connection: sa.Connection, communities: list[str]) -> dict[str, Any]:
    """The version of each grid of communities that has no end, and since when, by code."""
    rows = connection.execute(
        sa.select(grids.c.code, grids.c.id, sa.func.lower(grids.c.held).label("since"))
        .where(grids.c.area_code == sa.any_(sa.literal(communities, sa.ARRAY(sa.Text))))
        .where(sa.func.upper_inf(grids.c.held))
    )
    return {row.code: row for row in rows}


def close_versions(connection: sa.Connection, numbers: list[int], at: Any) -> None:
    """Let versions of grids end."""
    connection.execute(
        sa.text("UPDATE grids SET held = tstzrange(lower(held), :at) WHERE id = ANY(:numbers)"),
        {"numbers": numbers, "at": at},
    )


def opened_versions(connection: sa.Connection, codes: list[str], at: Any) -> list[int]:
    """The numbers of the versions of these codes that begin then."""
    rows = connection.execute(
        sa.text(
            "SELECT id FROM grids WHERE code = ANY(:codes) AND lower(held) = :at "
            "AND upper_inf(held) ORDER BY id"
        ),
        {"codes": list(codes), "at": at},
    )
    return list(rows.scalars())


def take_back_versions(
    connection: sa.Connection, opened: list[int], closed: list[int], at: Any
) -> bool:
    """Let versions that have not begun be gone, and those before them go on; False: impossible."""
    gone = connection.execute(
        sa.text("DELETE FROM grids WHERE id = ANY(:numbers) AND upper_inf(held)"),
        {"numbers": opened},
    ).rowcount
    again = connection.execute(
        sa.text(
            "UPDATE grids SET held = tstzrange(lower(held), NULL) "
            "WHERE id = ANY(:numbers) AND upper(held) = :at"
        ),
        {"numbers": closed, "at": at},
    ).rowcount
    return gone == len(opened) and again == len(closed)


def codes_ever_given(connection: sa.Connection) -> set[str]:
    """Codes that publications gave, those withdrawn too."""
    rows = connection.execute(
        sa.text(
            "SELECT jsonb_array_elements_text(action -> 'new') FROM plan_steps "
            "WHERE kind = 'publish'"
        )
    )
    return set(rows.scalars())


def codes_begun(connection: sa.Connection) -> list[str]:
    """Codes of the published nets whose versions began within the last day."""
    rows = connection.execute(
        sa.text(
            "SELECT DISTINCT jsonb_array_elements_text(p.published -> 'new'"
            "  || (p.published -> 'changed') || (p.published -> 'ended')) AS code "
            "FROM plans p WHERE p.state = 'published' "
            "AND p.holds_from BETWEEN current_date - 2 AND current_date + 2 AND EXISTS ("
            "  SELECT 1 FROM grids g WHERE g.id IN ("
            "    SELECT jsonb_array_elements_text(p.published -> 'opened')::bigint)"
            "  AND lower(g.held) > now() - interval '1 day' AND lower(g.held) <= now()) "
            "ORDER BY code"
        )
    )
    return list(rows.scalars())
