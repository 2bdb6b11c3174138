"""What stands in the bar of every page: whose district it is, whether it is real."""

from __future__ import annotations

import pytest

from geodata.errors import Unavailable
from webmap import pages


def test_a_stranger_reads_the_district_s_own_name(demo_client):
    page = demo_client.get("/login", headers={"Accept": "text/html"}).text
    assert "网格 · 示范区" in page
    assert "合成数据" not in page  # what the data are is for those who may see them


def test_an_empty_district_has_the_name_that_is_configured(client):
    assert "网格 · 临沂" in client.get("/login", headers={"Accept": "text/html"}).text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_to_sign_in_is_shown_while_the_database_is_away(client, monkeypatch, language):
    def away(*_given):
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(pages, "district_name", away)
    answer = client.get(f"/login?lang={language}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert {"zh": "网格 · 临沂", "en": "Wangge · Linyi"}[language] in answer.text
