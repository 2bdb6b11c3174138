"""A network made ready for drawing: its edges in buckets, and what cannot be crossed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.reach.areas.fields import bucketed
from geodata.reach.networks.network import Floats, Network, Way

_BUCKET_M = 200.0
_NARROW = Way.BRIDGE | Way.TUNNEL | Way.GATE


@dataclass(frozen=True, eq=False)
class Ground:
    """What outlines are drawn on; made once for a network.

    Attributes:
        lines: Points of all edges, metres along, and where each edge's begin.
        narrow: (m) uint8, 1 where nobody leaves the edge sideways: bridges, tunnels, gates, and
            whatever crosses a barrier.
        boxes: (m, 4) west, south, east, north of the edges.
        buckets: Which edges lie where.
        walls: (w, 4) straight segments that no walk off a street crosses.
        wall_buckets: Which walls lie where.
    """

    lines: tuple[Floats, Floats, NDArray[np.int64]]
    narrow: NDArray[np.uint8]
    boxes: Floats
    buckets: Any
    walls: Floats
    wall_buckets: Any

    @property
    def arrays(self) -> tuple[Any, ...]:
        """As the loops take it."""
        return (
            self.lines,
            self.narrow,
            self.boxes,
            self.buckets,
            self.walls,
            self.wall_buckets,
        )

    @classmethod
    def of(
        cls, network: Network, barriers: gpd.GeoSeries | gpd.GeoDataFrame | None = None
    ) -> Ground:
        """The ground of a network.

        Args:
            network: With one edge at least.
            barriers: Lines, or areas whose borders count, in any CRS: rivers, railways. The walls
                that the network knows count too.
        """
        lines = np.concatenate([_lines_of(barriers, network), _borders(network.walls)])
        narrow = (network.ways & _NARROW) > 0
        if len(lines):
            _, crossed = network.tree.query(lines, predicate="intersects")
            narrow[crossed] = True
        walls = _segments(lines)
        boxes = _boxes(network)
        wall_boxes = np.column_stack(
            [np.minimum(walls[:, :2], walls[:, 2:]), np.maximum(walls[:, :2], walls[:, 2:])]
        )
        return cls(
            (network.points, network.along, network.starts),
            narrow.astype(np.uint8),
            boxes,
            bucketed(boxes, _fitting(boxes)),
            walls,
            bucketed(wall_boxes, _fitting(wall_boxes)) if len(walls) else _nothing(),
        )


def _lines_of(barriers: Any, network: Network) -> NDArray[np.object_]:
    """Lines in the plane of the network, only those that may matter to it."""
    if barriers is None or not len(barriers):
        return np.zeros(0, dtype=object)
    shapes = np.asarray(barriers.geometry.to_crs(network.crs).array, dtype=object)
    shapes = shapely.get_parts(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
    is_area = shapely.get_dimensions(shapes) == 2
    return np.concatenate([shapes[shapely.get_dimensions(shapes) == 1], _borders(shapes[is_area])])


def _borders(areas: NDArray[np.object_]) -> NDArray[np.object_]:
    if not len(areas):
        return np.zeros(0, dtype=object)
    return np.asarray(shapely.get_parts(shapely.boundary(areas)), dtype=object)


def _segments(lines: NDArray[np.object_]) -> Floats:
    points, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    return np.ascontiguousarray(np.column_stack([points[:-1], points[1:]])[same])


def _boxes(network: Network) -> Floats:
    begins = network.starts[:-1]
    return np.column_stack(
        [
            np.minimum.reduceat(network.points, begins, axis=0),
            np.maximum.reduceat(network.points, begins, axis=0),
        ]
    )


def _fitting(boxes: Floats) -> float:
    """A size of bucket: some hundred metres, more where few things lie on much ground."""
    ground = np.ptp(boxes[:, [0, 2]]) * np.ptp(boxes[:, [1, 3]])
    return float(max(_BUCKET_M, np.sqrt(ground / (4.0 * len(boxes) + 1e4))))


def _nothing() -> Any:
    return bucketed(np.zeros((1, 4)), 1.0)
