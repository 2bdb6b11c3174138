"""A lattice of streets with homes and places on it, made by hand."""

from __future__ import annotations

import numpy as np
import pyproj

from geodata.reach.networks.network import OUTSIDE, Joints, Network

CRS = pyproj.CRS(4548)


def lattice(columns: int, rows: int, step: float = 100.0, *, without=()) -> Network:
    """Streets of ``step`` metres; ``without`` are the edges left out, each as its two nodes."""
    nodes = np.array([(x * step, y * step) for y in range(rows) for x in range(columns)])
    across = [(n, n + 1) for n in range(columns * rows) if (n + 1) % columns]
    along = [(n, n + columns) for n in range(columns * (rows - 1))]
    gone = {tuple(sorted(edge)) for edge in without}
    ends = np.array([edge for edge in across + along if edge not in gone], dtype=np.int32)
    count = len(ends)
    return Network(
        crs=CRS,
        nodes=nodes,
        ends=ends,
        metres=np.full(count, step),
        ways=np.zeros(count, dtype=np.uint8),
        line=np.arange(count, dtype=np.int32),
        points=nodes[ends].reshape(-1, 2),
        starts=np.arange(0, 2 * count + 1, 2, dtype=np.int64),
        compound=np.full(count, OUTSIDE, dtype=np.int32),
        compounds=(),
        island=np.zeros(len(nodes), dtype=np.int32),
    )


def joined(rows) -> Joints:
    """Each of ``rows`` is an edge, metres along it and metres off it; None: apart."""
    known = [number for number, row in enumerate(rows) if row is not None]
    apart = [number for number, row in enumerate(rows) if row is None]
    return Joints(
        place=np.array(known, dtype=np.int32),
        edge=np.array([rows[n][0] for n in known], dtype=np.int32),
        along_m=np.array([rows[n][1] for n in known], dtype=float),
        off_m=np.array([rows[n][2] for n in known], dtype=float),
        apart=np.array(apart, dtype=np.int32),
        reasons=("far",) * len(apart),
    )
