"""Space–time clusters: found where something flared up, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.cases.hotspots.scan import scan
from geodata.errors import InvalidInput

SIDE, PERIODS = 15, 6
MIDDLES = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1).reshape(-1, 2) * 250.0
BUSY = np.random.default_rng(2).gamma(1.0, 6.0, SIDE * SIDE)
"""Some places have many cases at all times."""
FLARE = [112, 113, 127, 128]


def usual(seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).poisson(np.tile(BUSY, (PERIODS, 1)))


def test_a_flare_up_is_found_with_its_place_and_its_beginning():
    counts = usual()
    counts[-2:, FLARE] += 12
    (found,) = scan(counts, MIDDLES, worlds=99)

    assert set(FLARE) <= set(found.cells.tolist())
    assert len(found.cells) <= 9
    assert (found.first, found.last) == (PERIODS - 2, PERIODS - 1)
    assert found.cases == counts[-2:, found.cells].sum()
    share = counts[-2:].sum() / counts.sum()
    assert found.expected == pytest.approx(counts[:, found.cells].sum() * share)
    assert found.p == 0.01


def test_a_place_that_is_always_busy_is_no_flare_up():
    counts = usual()
    counts[:, FLARE] += 40
    assert scan(counts, MIDDLES, worlds=99) == []


def test_a_place_that_is_always_busy_is_a_cluster_where_few_live():
    counts = usual()
    counts[:, FLARE] += 40
    found = scan(counts, MIDDLES, base=BUSY, worlds=99)
    assert set(FLARE) <= set(found[0].cells.tolist())
    assert len(found[0].cells) <= 9
    assert found[0].p == 0.01


def test_what_is_long_past_is_told_only_if_asked_for():
    counts = usual()
    counts[1, FLARE] += 25
    assert scan(counts, MIDDLES, worlds=99) == []
    (found,) = scan(counts, MIDDLES, worlds=99, alive=False)
    assert (found.first, found.last) == (1, 1)


def test_where_nothing_clusters_one_in_twenty_looks_finds_something():
    hits = sum(bool(scan(usual(seed), MIDDLES, worlds=39)) for seed in range(60))
    assert hits <= 8  # of 60 looks 3 are expected; 9 or more in one of 200 tries


@pytest.mark.parametrize("threads", [1, 3])
def test_the_answer_is_the_same_on_any_number_of_cores(threads):
    counts = usual()
    counts[-1, FLARE] += 9
    once = scan(counts, MIDDLES, worlds=99, limit=1.0, threads=2)
    again = scan(counts, MIDDLES, worlds=99, limit=1.0, threads=threads)
    assert [(one.middle, one.p) for one in once] == [(one.middle, one.p) for one in again]


def test_clusters_share_no_cell():
    found = scan(usual(), MIDDLES, worlds=19, limit=1.0)
    cells = np.concatenate([one.cells for one in found])
    assert len(found) > 1
    assert len(cells) == len(set(cells.tolist()))


def test_cells_with_the_same_middle_and_none_at_all_are_borne():
    counts = usual()[:, :30]
    assert isinstance(scan(counts, np.zeros((30, 2)), worlds=9), list)
    assert scan(np.zeros((4, 0), dtype=int), np.zeros((0, 2))) == []
    assert scan(counts[-1:], MIDDLES[:30]) == []
    assert scan(counts, MIDDLES[:30], base=np.zeros(30)) == []


def test_middles_of_other_cells_are_refused():
    with pytest.raises(InvalidInput, match="Each cell has one value"):
        scan(usual(), MIDDLES[:-1])
    with pytest.raises(InvalidInput, match="Each cell has one value"):
        scan(usual(), MIDDLES, base=BUSY[:-1])
