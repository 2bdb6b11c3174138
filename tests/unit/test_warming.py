"""Compiled loops are loaded before somebody waits, and kept where they can be written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from geodata.cases.hotspots.stored import warming


def test_they_are_loaded_in_the_background_and_once():
    program = (
        "import sys; from geodata.cases.hotspots.stored.warming import warm;"
        " assert 'numba' not in sys.modules; one = warm(); assert warm() is one; one.join();"
        " from geodata.cases.hotspots.stored import spotting;"
        " print(spotting.get_ready.cache_info().currsize)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "1"


def test_those_of_reach_are_loaded_in_the_background_and_once():
    program = (
        "import sys; from geodata.reach.warming import get_ready, warm;"
        " assert 'numba' not in sys.modules; one = warm(); assert warm() is one; one.join();"
        " print(get_ready.cache_info().currsize)"
    )
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "1"


@pytest.mark.parametrize(("said", "place"), [(None, "/data/compiled"), ("/mine", None)])
def test_a_read_only_installation_keeps_them_with_the_data(monkeypatch, said, place):
    monkeypatch.delenv(warming.CACHE, raising=False)
    if said:
        monkeypatch.setenv(warming.CACHE, said)
    monkeypatch.setattr(warming.os, "access", lambda *_: False)
    expected = {warming.CACHE: place} if place else {}
    assert warming.cache_below(Path("/data")) == expected


def test_where_the_code_may_be_written_they_lie_beside_it(monkeypatch, tmp_path):
    monkeypatch.delenv(warming.CACHE, raising=False)
    assert warming.cache_below(Path("/data"), code=tmp_path) == {}
