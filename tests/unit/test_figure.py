"""Maps with every asset our own."""

from __future__ import annotations

import json
import re

import folium
import geopandas as gpd
import pytest
from shapely import Point, Polygon, box, from_geojson

from webmap import assets
from webmap.elements import AreaLayer, CompoundLayer, FacilityLayer, GridLayer, PageMap
from webmap.figure import LocalFigure, as_json, local_file

NASTY = "</script><script>alert(1)</script>\u2028"


@pytest.fixture
def grids() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": ["001", "002"], "name": [NASTY, "二"], "telephone": ["13800000000", "1"]},
        geometry=[box(118.30, 35.0, 118.31, 35.01), box(118.31, 35.0, 118.32, 35.01)],
        crs=4326,
    )


def addresses(html: str) -> list[str]:
    """What a browser would fetch: addresses in tags, not in the text of scripts and styles."""
    tags = re.sub(r"(<(script|style)\b[^>]*>).*?</\2>", r"\1", html, flags=re.DOTALL)
    found = re.findall(r"""(?:src|href)=["']([^"']+)""", tags)
    return [address for address in found if not address.startswith("data:")]


def test_a_map_saved_as_a_file_asks_for_nothing(grids, tmp_path):
    page_map = PageMap()
    page_map.add_child(GridLayer(grids))
    page_map.save(tmp_path / "map.html")
    html = (tmp_path / "map.html").read_text()
    assert addresses(html) == []
    assert "default-src 'none'" in html
    assert len(html) < 500_000


def test_a_served_map_asks_for_our_own_files_alone(grids):
    figure = LocalFigure(mode="served", nonce="n0nce")
    page_map = PageMap(figure=figure)
    page_map.add_child(GridLayer("/tiles/{z}/{row}/{col}"))
    parts = figure.parts()
    found = addresses(parts.head + parts.body + parts.script)
    assert found
    assert all(address.startswith(assets.base_address()) for address in found)
    assert re.findall(r"<script(?![^>]*nonce=)", parts.head + parts.script) == []


def test_a_plain_folium_map_takes_our_element_with_its_modules_inside(grids):
    page_map = folium.Map(tiles=None)
    page_map.add_child(GridLayer(grids))
    page_map.add_child(AreaLayer(grids, key="again"))
    html = page_map.get_root().render()
    assert html.count('type="importmap"') == 1
    assert '"wangge/layers/places.js":"data:text/javascript' in html


def test_an_element_that_wants_a_file_of_another_host_is_refused():
    figure = LocalFigure(mode="served")
    page_map = PageMap(figure=figure)
    page_map.add_child(
        folium.raster_layers.TileLayer("https://tiles.example/{z}/{x}/{y}.png", attr="x")
    )
    figure.parts()  # a basemap is a picture, not an asset
    with pytest.raises(assets.UnknownAsset):
        local_file("https://cdn.example/npm/something@1/dist/thing.js")


def test_names_cannot_leave_the_script_that_they_stand_in(grids):
    page_map = PageMap()
    page_map.add_child(GridLayer(grids))
    html = page_map.get_root().render()
    assert "<script>alert" not in html
    assert "\\u003c/script\\u003e" in html
    assert as_json("\u2028<") == '"\\u2028\\u003c"'


def test_only_the_layers_own_columns_are_embedded(grids):
    html = PageMap().add_child(GridLayer(grids)).get_root().render()
    assert "13800000000" not in html


def test_a_layer_in_another_crs_is_embedded_in_degrees(grids):
    element = CompoundLayer(grids.to_crs(4548), colours={"mixed": "#FFAABB"})
    lon, lat = element.options["data"]["features"][0]["geometry"]["coordinates"][0][0]
    assert 118.29 < lon < 118.32
    assert 34.99 < lat < 35.02
    assert element.get_bounds()[0] == pytest.approx([35.0, 118.30], abs=1e-6)


def test_points_and_empty_layers_can_be_embedded():
    stations = gpd.GeoDataFrame(
        {"code": ["1"], "kind": ["clinic"]}, geometry=[Point(118.3, 35)], crs=4326
    )
    assert len(FacilityLayer(stations).options["data"]["features"]) == 1
    assert FacilityLayer(stations.iloc[:0]).options["data"]["features"] == []


def test_simplified_neighbours_keep_their_common_border():
    wavy = [(118.30 + 0.00001 * (i % 2), 35 + i * 0.0001) for i in range(101)]
    left = Polygon([*wavy, (118.29, 35.01), (118.29, 35.0)])
    right = Polygon([*wavy, (118.31, 35.01), (118.31, 35.0)])
    frame = gpd.GeoDataFrame({"code": ["l", "r"]}, geometry=[left, right], crs=4326)
    shapes = [
        from_geojson(json.dumps(feature["geometry"]))
        for feature in GridLayer(frame, tolerance_m=5).options["data"]["features"]
    ]
    assert sum(len(shape.exterior.coords) for shape in shapes) < 40
    assert shapes[0].intersection(shapes[1]).area == 0
    assert shapes[0].touches(shapes[1])


def test_every_module_imports_only_what_we_have():
    modules = [
        "wangge/" + str(path.relative_to(assets.STATIC / "js"))
        for path in (assets.STATIC / "js").rglob("*.js")
    ]
    for name in assets.closure(modules):
        assert assets.read(assets.path_of(name))
        source = assets.read(assets.path_of(name))
        for wanted in re.findall(r"""^import .*?["']([^"']+)["'];""", source, re.MULTILINE):
            if wanted.startswith("."):  # a worker's: it has no import map
                assert (assets.STATIC / assets.path_of(name)).parent.joinpath(wanted).is_file()
            else:
                assets.path_of(wanted)


def test_a_worker_imports_nothing_that_needs_an_import_map():
    scripts = assets.STATIC / "js"
    waiting = [scripts / "drafting" / "trying" / "worker.js", scripts / "command" / "shared.js"]
    seen = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        wanted = re.findall(r"""^import .*?["']([^"']+)["'];""", path.read_text(), re.MULTILINE)
        assert all(one.startswith(".") for one in wanted), path
        waiting += [(path.parent / one).resolve() for one in wanted]
    assert assets.STATIC / "vendor" / "jsts" / "jsts.js" in seen
