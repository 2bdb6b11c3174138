"""Files as people send them, for the tests of reading."""

from __future__ import annotations

import zipfile

import geopandas as gpd
import shapely

from geodata.exchange.reading import open_source


def squares(count=3, **columns):
    shapes = [shapely.box(118 + k / 10, 35, 118.05 + k / 10, 35.05) for k in range(count)]
    return gpd.GeoDataFrame(
        columns
        or {"名称": ["罗庄小区", "河东花园", "兰山新村"][:count], "户数": [1, 2, 3][:count]},
        geometry=shapes,
        crs="EPSG:4326",
    )


def read(path, **options):
    with open_source(path, **options) as source:
        chunks = list(source.chunks())
        return source, chunks[0] if chunks else None


def zipped(path, entries, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content, **options)
    return path
