"""Programs that know OGC API – Features and – Tiles read it as it is."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import pyogrio
import pytest
from owslib.ogcapi.features import Features

SERVE = """
import sys
from app import create_app
from geodata.database import Database
from geodata.settings import Settings
from pathlib import Path
from werkzeug.serving import make_server
settings = Settings(database_url=sys.argv[1], data_dir=Path(sys.argv[2]), secret_key="k" * 40)
server = make_server("127.0.0.1", 0, create_app(settings, Database(sys.argv[1])), threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def _running(url, folder):
    command = [sys.executable, "-c", SERVE, url, str(folder)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/ogc"
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


@pytest.fixture(scope="module")
def address(district, tmp_path_factory):
    """A server in a process of its own: GDAL does not let go of Python while it waits."""
    with _running(district.url, tmp_path_factory.mktemp("live")) as address:
        yield address


@contextmanager
def pyogrio_as(token):
    """GDAL signed in by a token."""
    options = {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token, "GDAL_HTTP_TIMEOUT": 30}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))


def test_gdal_reads_it_as_it_is(address, tokens):
    with pyogrio_as(tokens["admin"]):
        source = f"OAPIF:{address}"
        assert {name for name, _ in pyogrio.list_layers(source)} >= {"areas", "cases"}
        areas = pyogrio.read_dataframe(source, layer="areas", where="level = 'community'")
        assert len(areas) == 9
        assert areas.total_bounds.round(6).tolist() == [118.0, 35.0, 118.03, 35.03]
        boxed = pyogrio.read_dataframe(
            source, layer="areas", bbox=(118.021, 35.021, 118.022, 35.022)
        )
        assert set(boxed["code"]) == {"371311001", "371311001009"}
        cases = pyogrio.read_dataframe(source, layer="cases")
        assert sorted(cases["category"]) == ["noise", "parking"]


def test_gdal_knows_the_types_of_fields_that_are_empty_on_the_first_page(address, tokens, district):
    with pyogrio_as(tokens["admin"]):
        source = f"OAPIF:{address}"
        areas = pyogrio.read_info(source, layer="areas")
        cases = pyogrio.read_info(source, layer="cases")
        found = pyogrio.read_dataframe(source, layer="cases", where="category = 'noise'")
    types = dict(zip(areas["fields"], areas["ogr_types"], strict=True))
    assert types["households"] == "OFTInteger"
    assert types["held_from"] == types["held_until"] == "OFTDateTime"
    types = dict(zip(cases["fields"], cases["ogr_types"], strict=True))
    assert types["closed_at"] == types["due_at"] == "OFTDateTime"
    assert types["grid_code"] == "OFTString"
    assert len(found) == 1


def test_owslib_reads_it_as_it_is(address, tokens):
    service = Features(address, headers={"Authorization": f"Bearer {tokens['viewer']}"})
    assert "areas" in service.feature_collections()
    assert any("ogcapi-features-1" in name for name in service.conformance()["conformsTo"])
    page = service.collection_items("areas", limit=3, bbox=[118.0, 35.0, 118.1, 35.1])
    assert page["numberReturned"] == 3
    one = service.collection_item("areas", "371311001009")
    assert one["properties"]["households"] == 900
    assert service.api()["openapi"].startswith("3.0")


def test_a_live_server_gives_tiles(address, tokens):
    request = urllib.request.Request(
        f"{address}/collections/areas/tiles/WebMercatorQuad/11/811/1695",
        headers={"Authorization": f"Bearer {tokens['viewer']}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
        assert len(answer.read()) > 100
