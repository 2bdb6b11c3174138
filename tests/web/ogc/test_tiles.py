"""OGC API – Tiles over HTTP."""

from __future__ import annotations

import gzip

import pyogrio
import pytest
import sqlalchemy as sa

TILE = "/collections/areas/tiles/WebMercatorQuad/11/811/1695"


def _layers(answer, folder):
    path = folder / "tile.mvt"
    path.write_bytes(answer.data)
    return {name: pyogrio.read_dataframe(path, layer=name) for name, _ in pyogrio.list_layers(path)}


def test_a_tile_has_the_shapes_and_one_label_for_each(get, tmp_path):
    layers = _layers(get(TILE), tmp_path)
    shapes, labels = layers["areas"], layers["areas_labels"]
    assert len(shapes) == 10
    assert sorted(labels["code"]) == sorted(shapes["code"])


def test_a_label_is_in_one_tile_only(get, tmp_path):
    found = []
    for row in range(1621, 1624):
        for column in range(3389, 3392):
            answer = get(f"/collections/areas/tiles/WebMercatorQuad/12/{row}/{column}")
            labels = _layers(answer, tmp_path).get("areas_labels") if answer.data else None
            found += [] if labels is None else list(labels["code"])
    assert len(found) == len(set(found)) == 10


def test_a_tile_shows_the_day_and_the_property_asked_for(get, tmp_path):
    old = _layers(get(f"{TILE}?at=2026-05-31"), tmp_path)["areas"]
    assert sorted(old["name"]) == ["旧社区", "盛庄街道"]
    office = _layers(get(f"{TILE}?level=street_office"), tmp_path)["areas"]
    assert list(office["code"]) == ["371311001"]


def test_a_tile_that_one_has_is_not_sent_again(get):
    first = get(TILE, **{"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    again = get(TILE, **{"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data
    assert again.headers["ETag"] == first.headers["ETag"]
    assert gzip.decompress(first.data) == get(TILE).data


def test_a_change_shows_in_the_next_answer(get, district, tmp_path):
    headers = {"Accept-Encoding": "gzip"}
    before = [get(TILE, **headers) for _ in range(3)][-1]
    with district.begin() as tx:
        tx.connection.execute(sa.text("UPDATE areas SET name = '改名' WHERE code = '371311001005'"))
        tx.changed("areas", "371311001005")
    after = get(TILE, **headers, **{"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "改名".encode() in gzip.decompress(after.data)


def test_a_kept_tile_is_refused_as_soon_as_the_token_is_revoked(served, district, token_for):
    secret = token_for("leaver", "viewer")
    headers = {"Authorization": f"Bearer {secret}", "Accept-Encoding": "gzip"}
    client = served.test_client()
    assert [client.get(f"/ogc{TILE}", headers=headers).status_code for _ in range(3)] == [200] * 3
    with district.begin() as tx:
        tx.connection.execute(sa.text("UPDATE users SET active = false WHERE name = 'leaver'"))
    assert client.get(f"/ogc{TILE}", headers=headers).status_code == 401


def test_an_answer_from_what_is_kept_is_counted_and_carries_the_requests_id(get):
    from api.observing import kept_tiles_total, requests_total

    def counted():
        every = requests_total.labels("ogc.tile", "GET", "200")._value.get()
        return every, kept_tiles_total.labels("200")._value.get()

    headers = {"Accept-Encoding": "gzip", "X-Request-ID": "from-the-proxy-1"}
    get(TILE, **headers)
    before = counted()
    assert get(TILE, **headers).headers["X-Request-ID"] == "from-the-proxy-1"
    assert len(get(TILE, **{"Accept-Encoding": "gzip"}).headers["X-Request-ID"]) == 32
    assert counted() == (before[0] + 2, before[1] + 2)


def test_an_address_with_the_version_may_be_kept_for_ever(get, district):
    version = district.version("areas")
    assert "immutable" in get(f"{TILE}?v={version}").headers["Cache-Control"]
    assert "no-cache" in get(f"{TILE}?v={version - 1}").headers["Cache-Control"]


@pytest.mark.parametrize("query", ["nothing=1", "at=never", "name=a&name=b", "title=x"])
def test_a_tile_asked_for_in_words_it_does_not_know_is_refused(get, query):
    assert get(f"{TILE}?{query}").status_code == 400


def test_the_tileset_says_what_is_in_it(get):
    for name in ("areas", "cases", "buildings"):
        body = get(f"/collections/{name}/tiles/WebMercatorQuad").json
        assert body["dataType"] == "vector"
        assert body["layers"][0]["id"] == name
    assert body["layers"][0]["minTileMatrix"] == "13"
