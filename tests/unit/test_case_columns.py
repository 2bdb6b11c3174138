"""Cases as one binary answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.cases.map.columns import NONE, pack, position_type, unpack


def test_what_was_packed_is_unpacked() -> None:
    columns = {
        "id": np.array([3, 5, 4_000_000_000], "<u4"),
        "lon": np.array([1183768044, NONE, -1], "<i4"),
        "category": np.array([0, 255, 7], "<u1"),
        "grid": np.array([0, 65535, 300], "<u2"),
        "far": np.array([2.0**53, 1, 2], "<f8"),
    }
    header, found = unpack(pack(columns, {"total": 3, "dictionaries": {"category": ["噪音扰民"]}}))
    assert header["count"] == header["total"] == 3
    assert header["dictionaries"]["category"] == ["噪音扰民"]
    for name, values in columns.items():
        assert found[name].tolist() == values.tolist()


@given(st.integers(0, 400), st.text(max_size=30))
def test_every_column_begins_at_a_multiple_of_eight(count: int, word: str) -> None:
    columns = {name: np.zeros(count, kind) for name, kind in (("a", "<u1"), ("b", "<i4"))}
    answer = pack(columns, {"word": word})
    end = 8 + int.from_bytes(answer[4:8], "little")
    header, found = unpack(answer)
    assert end % 8 == 0
    assert all(entry["offset"] % 8 == 0 for entry in header["columns"])
    assert len(found["a"]) == len(found["b"]) == count


def test_positions_leave_the_highest_number_for_none() -> None:
    assert position_type(255) == np.dtype("<u1")
    assert position_type(256) == np.dtype("<u2")
    assert position_type(65_535) == np.dtype("<u2")
    assert position_type(65_536) == np.dtype("<u4")


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="not an answer"):
        unpack(b"PK\x03\x04 and more")
