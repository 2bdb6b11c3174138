"""Calls that make no sense are refused in one clear sentence of the reader's language."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.usefixtures("people")

ITEMS = "/ogc/collections/cases/items"
AREAS = "/ogc/collections/areas/items"
TILES = "/ogc/collections/cases/tiles/WebMercatorQuad"
CASES = "/api/v1/cases"
ENGLISH = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}|\bor\b|\berror\b")
"""Words in a row: names of parameters and codes stand alone."""

NONSENSE = [
    *(
        (f"{address}?bbox={bbox}", 400, "bbox")
        for address in (ITEMS, CASES)
        for bbox in ("NaN,1,2,3", "119,36,118,35", "1,2,3,4,5", "1,2,3", ",,,", "1e400,0,1,1")
    ),
    (f"{ITEMS}?limit=0", 400, "limit"),
    (f"{ITEMS}?limit=1e9", 400, "limit"),
    (f"{ITEMS}?limit=5&limit=6", 400, "limit"),
    (f"{ITEMS}?datetime=yesterday", 400, "yesterday"),
    (f"{ITEMS}?datetime=2026-02-30", 400, "2026-02-30"),
    (f"{AREAS}?at=0000-00-00", 400, "0000-00-00"),
    (f"{ITEMS}?colour=red", 400, "colour"),
    (f"{ITEMS}?category=%00", 400, "category"),
    (f"{ITEMS}?bbox=" + "1," * 50_000, 400, "bbox"),
    (f"{ITEMS}/abc", 404, "abc"),
    (f"{ITEMS}/99999999999999999999999", 404, "99999999999999999999999"),
    (f"{ITEMS}/9300000000000000000", 404, "9300000000000000000"),
    ("/ogc/collections/planets/items", 404, "planets"),
    ("/ogc/collections/" + "x" * 100_000 + "/items", 404, "xxx"),
    (f"{TILES}/40/1/1", 404, "40"),
    (f"{TILES}/3/-1/1", 404, "-1"),
    (f"{TILES}/3/99/1", 404, "99"),
    (f"{CASES}?limit=0", 400, "limit"),
    (f"{CASES}?limit=1e9", 400, "limit"),
    (f"{CASES}?from=0000-00-00", 400, "0000-00-00"),
    (f"{CASES}?category=' or 1=1 --", 400, "代号"),
    (f"{CASES}?q=%00", 400, "无法识别"),
    (f"{CASES}?q=" + "x" * 100_000, 400, "q"),
    (f"{CASES}?lang=fr", 400, "lang"),
    (f"{CASES}/counts?by=planet", 400, "by"),
    ("/api/v1/coverage?minutes=0", 400, "minutes"),
    ("/api/v1/coverage?minutes=NaN", 400, "minutes"),
    ("/api/v1/places/areas/%00", 400, "无法识别"),
    ("/api/v1/places/search?q=%00", 400, "无法识别"),
    ("/api/v1/exports/areas?format=exe", 400, "format"),
    ("/api/v1/exports/areas?at=0000-00-00", 400, "0000-00-00"),
    ("/api/v1/jobs/99999999999999999999", 404, "99999999999999999999"),
    ("/api/v1/nothing", 404, "没有"),
]


@pytest.mark.parametrize(("call", "status", "names"), NONSENSE, ids=lambda one: str(one)[:60])
def test_nonsense_is_refused_in_chinese(sign_in, call, status, names):
    answer = sign_in("admin").get(call)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    problem = answer.json
    fields = [words for several in problem.get("fields", {}).values() for words in several]
    said = " ".join([problem["title"], problem["detail"], *fields])
    assert names in said
    assert re.search(r"[\u3400-\u9fff]", problem["detail"])
    ours = said.replace("' or 1=1 --", "")
    assert not ENGLISH.search(ours), ours
    assert said.isprintable()
    assert len(answer.data) < 4_000


def test_limits_and_choices_are_said_as_people_write_them(sign_in):
    def fields(call):
        return sign_in("admin").get(call).json["fields"]

    choices = "geojson、gpkg、shp、kml、fgb、parquet、csv、xlsx"
    assert fields("/api/v1/exports/areas?format=exe") == {"format": [f"应为以下之一：{choices}"]}
    english = fields("/api/v1/exports/areas?format=exe&lang=en")
    assert english == {"format": ["must be one of: " + choices.replace("、", ", ")]}
    assert fields("/api/v1/coverage?minutes=121") == {"minutes": ["不能大于 120"]}
    assert fields("/api/v1/coverage?minutes=NaN") == {"minutes": ["应为有限的数字"]}
