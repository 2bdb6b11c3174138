"""A map as one file: what goes in, what stays out, and what is said when it cannot be made."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, Range

import app
from geodata.accounts import Actor
from geodata.cases.filters import CaseFilter, instant
from geodata.cases.map.plotting import MOST, plot
from geodata.cases.tables import cases
from geodata.errors import InvalidInput, NotAllowed, NotFound
from geodata.places.tables import LAYERS, areas
from geodata.profiles import load_profile
from webmap.mapfile import COLUMNS, KNOWN, Weights, Wish, map_file

PROFILE = load_profile("linyi")
OPERATOR = Actor.terminal()
EVER = Range(None, None)
NOW = datetime(2026, 6, 30, 4, tzinfo=UTC)
SQUARE = "((118.3 35, 118.32 35, 118.32 35.02, 118.3 35))"
SHAPES = {
    "POINT": "SRID=4326;POINT(118.31 35.01)",
    "LINESTRING": "SRID=4326;LINESTRING(118.3 35, 118.32 35.02)",
    "MULTIPOLYGON": f"SRID=4326;MULTIPOLYGON({SQUARE})",
}
KINDS = {"level": "community", "type": "mixed", "kind": "clinic"}
CASE = {
    "source": "hotline", "category": "noise", "state": "reported", "place_state": "given",
    "reported_at": NOW,
}  # fmt: skip
PLACED = {**CASE, "geom": "SRID=4326;POINT(118.31 35.01)"}


def canary(table, column):
    return f"canary-of-{table}-{column}"


def with_canaries(table, columns):
    """A value for every column that can hold words."""
    found = {}
    for column in columns:
        if isinstance(column.type, JSONB):
            found[column.name] = {canary(table, column.name): canary(table, column.name)}
        elif isinstance(column.type, ARRAY):
            found[column.name] = [canary(table, column.name)]
        elif isinstance(column.type, sa.Text):
            found[column.name] = canary(table, column.name)
    return found


@pytest.fixture
def district(database):
    """One record of each layer and two cases, with canaries wherever words fit."""
    with database.begin() as tx:
        for name, table in LAYERS.items():
            values = with_canaries(name, table.c)
            values |= {key: word for key, word in KINDS.items() if key in table.c}
            shape = SHAPES[table.c.geom.type.geometry_type]
            tx.connection.execute(sa.insert(table).values(**values, held=EVER, geom=shape))
            tx.changed(name, None, "loaded")
        words = with_canaries("cases", cases.c)
        tx.connection.execute(sa.insert(cases).values(**{**words, **PLACED}))
        tx.connection.execute(sa.insert(cases).values(**{**words, **CASE, "source": "snap"}))
        tx.changed("cases", None, "loaded")
    return database


@pytest.fixture
def wangge(settings):
    """Run ``wangge map …``; gives what came of it."""

    def run(*words, language="zh", **more):
        given = {
            "WANGGE_DATABASE_URL": settings.database_url.get_secret_value(),
            "WANGGE_DATA_DIR": str(settings.data_dir),
            "WANGGE_LANGUAGE": language,
            **more,
        }
        return CliRunner().invoke(app.main, ["map", *map(str, words)], env=given)

    return run


def refused(done):
    """The one sentence that was said."""
    assert done.exit_code == 1, done.output
    lines = done.output.strip().splitlines()
    assert len(lines) == 1, done.output
    return lines[0]


def layer_data(document, key="cases"):
    """The options of one element of the document."""
    found = re.search(rf'add\(map_\w+, (\{{"key":"{key}".*\}})\)', document)
    return json.loads(found[1])


def test_nothing_leaves_but_what_is_drawn_or_said(district):
    document = map_file(district, OPERATOR, PROFILE, Wish(layers=KNOWN, minutes=15))
    found = set(re.findall(r"canary-of-\w+-\w+", document))
    may = {canary(name, column) for name, columns in COLUMNS.items() for column in columns}
    assert found <= may
    drawn = set(LAYERS) - {"gates"}
    assert {canary(name, "name") for name in drawn} <= found, "the layers are in it"
    assert not [word for word in found if word.startswith("canary-of-cases")]


def test_a_canary_is_looked_for_in_every_personal_field():
    named = {column.name for column in cases.c if isinstance(column.type, sa.Text)}
    assert {
        "title",
        "description",
        "address",
        "reporter_name",
        "reporter_telephone",
        "external_id",
    } <= named
    assert "telephone" not in COLUMNS["facilities"]


def test_a_case_is_a_place_a_category_a_state_and_a_time(district):
    data = layer_data(map_file(district, OPERATOR, PROFILE, Wish(layers=("cases",))))
    columns = data["data"]
    assert set(columns) == {"count", "lon", "lat", "category", "open", "state", "time"}
    assert columns["count"] == 1, "one of the two has no place"
    decoded = np.frombuffer(base64.b64decode(columns["lon"]), "<i4")
    assert decoded.tolist() == [118_310_000]
    minutes = np.frombuffer(base64.b64decode(columns["time"]), "<i4")
    assert minutes.tolist() == [NOW.timestamp() // 60]
    assert data["states"] == ["待受理"]


def test_the_file_asks_nobody_for_anything(district):
    document = map_file(district, OPERATOR, PROFILE, Wish(layers=KNOWN))
    tags = re.findall(r"<(?:script|link|img|iframe|object)\b[^>]*>", document)
    assert tags
    assert not [tag for tag in tags if re.search(r"\b(src|href)=", tag)]
    assert "default-src 'none'" in document


def test_a_hostile_name_is_text(district):
    nasty = "</script><script>globalThis.bitten=1</script>"
    with district.begin() as tx:
        tx.connection.execute(sa.update(areas).values(name=nasty))
    document = map_file(district, OPERATOR, PROFILE, Wish(layers=("areas",), title=nasty))
    assert "<script>globalThis" not in document
    assert "\\u003cscript\\u003eglobalThis" in document


def test_cases_are_chosen_as_in_the_list(district):
    with district.begin() as tx:
        tx.connection.execute(sa.delete(cases))
        for days, category in ((1, "noise"), (10, "noise"), (100, "parking")):
            values = {**PLACED, "reported_at": NOW - timedelta(days=days), "category": category}
            tx.connection.execute(sa.insert(cases).values(**values))

    def number(**conditions):
        return len(plot(district, OPERATOR, PROFILE, CaseFilter(**conditions)).points)

    assert number() == 3
    assert number(since=NOW - timedelta(days=30)) == 2
    assert number(until=NOW - timedelta(days=30)) == 1
    assert number(categories=("parking",)) == 1
    assert number(areas=(canary("areas", "code"),)) == 0
    with pytest.raises(NotFound):
        number(areas=("nowhere",))
    with pytest.raises(InvalidInput):
        number(categories=("nonsense",))


def test_of_too_many_cases_the_newest_go_in_and_it_says_so(district, monkeypatch):
    with district.begin() as tx:
        for days in range(1, 6):
            values = {**PLACED, "reported_at": NOW - timedelta(days=days)}
            tx.connection.execute(sa.insert(cases).values(**values))
    found = plot(district, OPERATOR, PROFILE, CaseFilter(), most=3)
    assert (found.total, found.placed, len(found.points)) == (7, 6, 3)
    assert found.points["reported_at"].min() == NOW - timedelta(days=2)
    assert found.since == NOW - timedelta(days=3)
    monkeypatch.setattr("webmap.mapfile.plot", lambda *_: found)
    document = map_file(district, OPERATOR, PROFILE, Wish(layers=("cases",)))
    assert "共 6 件案件，此处为最新的 3 件，2026-06-28 至 2026-06-30" in document
    assert "另有 1 件没有位置" in document


def test_the_day_shown_ends_the_cases_too(district):
    day = instant("2026-06-29", "Asia/Shanghai")
    wish = Wish(layers=("areas", "cases"), at=day)
    assert "没有符合条件的案件" in map_file(district, OPERATOR, PROFILE, wish)


def test_a_day_is_its_last_instant_as_in_the_api(district, wangge, tmp_path):
    midnight = datetime(2026, 6, 1, 16, tzinfo=UTC)  # 2 June begins in the city
    with district.begin() as tx:
        tx.connection.execute(sa.update(areas).values(held=Range(None, midnight), name="before"))
        after = {"code": canary("areas", "code"), "name": "after", "level": "community"}
        shape = SHAPES["MULTIPOLYGON"]
        tx.connection.execute(
            sa.insert(areas).values(**after, held=Range(midnight, None), geom=shape)
        )
        tx.changed("areas", None, "changed")
    for at, name in (
        ("2026-06-01", "before"),
        ("2026-06-02", "after"),
        ("2026-06-02T00:00:00", "after"),
        ("2026-06-01T23:59:59+08:00", "before"),
    ):
        done = wangge(tmp_path / "map.html", "--layers", "areas", "--at", at, "--replace")
        assert done.exit_code == 0, done.output
        document = (tmp_path / "map.html").read_text("utf-8")
        assert f'"name":"{name}"' in document
        assert f'"day":"{at[:10]}"' in document


def test_the_weight_is_what_the_file_weighs(demo_database):
    weights = Weights()
    for layers, minutes in ((KNOWN, 15.0), (("areas", "streets"), None), (("cases",), None)):
        wish = Wish(layers=layers, minutes=minutes)
        weighed = weights.weigh(demo_database, OPERATOR, PROFILE, wish)
        parts = [weighed.layers[name] for name in layers if name != "cases"]
        expected = weighed.base + sum(parts) + weighed.cases + (weighed.reach if minutes else 0)
        size = len(map_file(demo_database, OPERATOR, PROFILE, wish).encode())
        assert size == pytest.approx(expected, rel=0.06)


def test_the_whole_demo_city_with_its_cases_stays_small(demo_database):
    places = tuple(layer for layer in KNOWN if layer != "cases")
    without, whole = (
        map_file(demo_database, OPERATOR, PROFILE, Wish(layers=layers, minutes=15))
        for layers in (places, KNOWN)
    )
    size = len(without.encode())
    a_case = (len(whole.encode()) - size) / layer_data(whole)["data"]["count"]
    assert size + MOST * a_case < 4_500_000


@pytest.mark.parametrize("role", ["worker", "viewer"])
def test_who_may_not_export_gets_neither_file_nor_weight(district, role):
    person = Actor(1, role, role)
    with pytest.raises(NotAllowed):
        map_file(district, person, PROFILE, Wish())
    with pytest.raises(NotAllowed):
        Weights().weigh(district, person, PROFILE, Wish())


# ---------------------------------------------------------------- the terminal


def test_the_terminal_writes_one_file_and_says_its_size(district, wangge, tmp_path):
    path = tmp_path / "map.html"
    done = wangge(path, "--layers", "areas, cases", "--from", "2026-06-30", "--to", "2026-06-30")
    assert done.exit_code == 0, done.output
    assert "MB" in done.output
    document = path.read_text("utf-8")
    assert "1 件案件，2026-06-30 至 2026-06-30" in document
    assert list(tmp_path.glob("*.part")) == []
    with district.read() as connection:
        told = connection.execute(
            sa.text("SELECT actor, details FROM audit WHERE action = 'map_written'")
        ).one()
    assert told.actor == "terminal"
    assert told.details["cases"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--layers", "areas,moon"], "moon"),
        (["--layers", ","], "cases"),
        (["--at", "yesterday"], "yesterday"),
        (["--layers", "cases", "--from", "soon"], "soon"),
        (["--layers", "cases", "--from", "2026-06-30", "--to", "2026-06-01"], "时段"),
        (["--layers", "cases", "--category", "nonsense"], "nonsense"),
        (["--layers", "cases", "--area", "nowhere"], "nowhere"),
        (["--from", "2026-06-01"], "--layers"),
        (["--minutes", "-5"], "分钟"),
        (["--minutes", "nan"], "分钟"),
        (["--layers", "cases", "--to", "2020-01-01"], "导入"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(district, wangge, tmp_path, words, said):
    assert said in refused(wangge(tmp_path / "map.html", *words))
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_is_one_sentence(database, wangge, tmp_path):
    assert "导入" in refused(wangge(tmp_path / "map.html"))
    assert "import something" in refused(wangge(tmp_path / "map.html", language="en"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_replaced_only_when_asked_so(district, wangge, tmp_path):
    path = tmp_path / "map.html"
    path.write_text("mine")
    assert "--replace" in refused(wangge(path))
    assert path.read_text() == "mine"
    assert wangge(path, "--replace").exit_code == 0
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_place_that_cannot_be_written_to_is_one_sentence(district, wangge, tmp_path):
    assert "nowhere" in refused(wangge(tmp_path / "nowhere" / "map.html"))
    assert "文件夹" in refused(wangge(tmp_path))
    assert "/proc/map.html" in refused(wangge("/proc/map.html"))


def test_a_database_of_older_form_is_migrated_first(server, tmp_path, wangge):
    with server.copy_of("template0") as bare:
        done = wangge(tmp_path / "map.html", WANGGE_DATABASE_URL=bare.url)
        assert "导入" in refused(done), "asks for data, not for tables"
        with bare.read() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM alembic_version")) == 1
