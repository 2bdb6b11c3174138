"""What several tests of the integration gear stand on."""

from __future__ import annotations

import pytest
from incoming import OPERATOR, STREET_OFFICE, squares, write

from geodata.exchange import import_file


@pytest.fixture
def communities(database, tmp_path):
    """Four communities, stored; gives their file."""
    path = write(
        tmp_path / "社区.gpkg",
        squares(),
        社区编码=[f"{STREET_OFFICE}{k:03d}" for k in range(1, 5)],
        名称=["盛庄", "册山", "傅庄", "沂堂"],
    )
    assert import_file(database, OPERATOR, "areas", path).stored
    return path
