"""A small district of whose every place and case the tests know, and who asks for them."""

from __future__ import annotations

import pytest

from geodata.accounts import Actor
from geodata.accounts.tokens import make_token
from geodata.accounts.users import add_user

TERMINAL = Actor.terminal()
SQUARE = "ST_Multi(ST_MakeEnvelope({w}, {s}, {e}, {n}, 4326))"


def _square(west, south, size=0.01):
    return SQUARE.format(w=west, s=south, e=west + size, n=south + size)


@pytest.fixture(scope="module")
def district(server, empty_template):
    """Nine communities in a street office, one with an older border, and two cases."""
    with server.copy_of(empty_template) as database:
        with database.begin() as tx:
            run = tx.connection.exec_driver_sql
            run(
                "INSERT INTO areas (code, name, level, held, geom)"
                " VALUES ('371311001', '盛庄街道', 'street_office', '(,)',"
                f" {_square(118, 35, 0.03)})"
            )
            for number in range(1, 10):
                west, south = 118 + (number - 1) % 3 * 0.01, 35 + (number - 1) // 3 * 0.01
                run(
                    "INSERT INTO areas (code, name, level, parent_code, households, held, geom)"
                    f" VALUES ('37131100100{number}', '社区{number}', 'community', '371311001',"
                    f" {number * 100}, '[2026-06-01 00:00+08,)', {_square(west, south)})"
                )
            run(
                "INSERT INTO areas (code, name, level, held, geom)"
                " VALUES ('371311001001', '旧社区', 'community', '(,2026-06-01 00:00+08)',"
                f" {_square(118, 35, 0.02)})"
            )
            run(
                "INSERT INTO cases (source, category, state, title, reporter_name, reported_at,"
                " area_code, geom) VALUES"
                " ('snap', 'noise', 'reported', '吵', '王五', '2026-06-01 08:00+08',"
                "  '371311001001', ST_SetSRID(ST_Point(118.005, 35.005), 4326)),"
                " ('hotline', 'parking', 'closed', '停车', '李四', '2026-07-01 08:00+08',"
                "  '371311001009', ST_SetSRID(ST_Point(118.025, 35.025), 4326))"
            )
            tx.changed("areas", None, "loaded")
            tx.changed("cases", None, "loaded")
        yield database


@pytest.fixture(scope="module")
def token_for(district):
    """``token_for(name, role)``: the secret of a new user."""

    def made(name, role, areas=()):
        user = add_user(district, TERMINAL, name, role=role, areas=areas, password=None)
        return make_token(district, TERMINAL, user_id=user.id)[1]

    return made


@pytest.fixture(scope="module")
def tokens(token_for):
    return {
        "admin": token_for("chief", "admin"),
        "viewer": token_for("looker", "viewer"),
        "worker": token_for("walker", "worker", ("371311001001",)),
    }


@pytest.fixture(scope="module")
def served(district, tmp_path_factory):
    from app import create_app
    from geodata.settings import Settings

    folder = tmp_path_factory.mktemp("ogc")
    app = create_app(
        Settings(database_url=district.url, data_dir=folder, secret_key="k" * 40), district
    )
    app.testing = True
    return app


@pytest.fixture
def get(served, tokens):
    """Ask as a user of a role; strangers are None."""

    def ask(path, *, role="admin", **headers):
        if role is not None:
            headers["Authorization"] = f"Bearer {tokens[role]}"
        return served.test_client().get(f"/ogc{path}", headers=headers)

    return ask
