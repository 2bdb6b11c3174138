"""Our own files as browsers get them: packed, kept for ever, and nothing but ours."""

from __future__ import annotations

import gzip

import pytest

from webmap import assets

MODULE = "js/layers/stack.js"


def test_a_file_comes_packed_and_may_be_kept_for_ever(demo_app):
    client = demo_app.test_client()
    answer = client.get(assets.base_address() + MODULE, headers={"Accept-Encoding": "gzip, br"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data).decode() == assets.read(MODULE)
    assert answer.mimetype == "text/javascript"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


def test_a_file_comes_plain_to_who_cannot_unpack(demo_app):
    answer = demo_app.test_client().get(assets.base_address() + MODULE)
    assert "Content-Encoding" not in answer.headers
    assert answer.text == assets.read(MODULE)


def test_an_address_of_an_older_version_is_not_kept(demo_app):
    answer = demo_app.test_client().get(f"/static/000000000000/{MODULE}", buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    ["../pages.py", "js/../../pages.py", "%2e%2e/pages.py", "js//nothing.js", "js", "", "a%00b"],
)
def test_nothing_else_is_ever_answered(demo_app, path):
    answer = demo_app.test_client().get(assets.base_address() + path)
    assert answer.status_code == 404
