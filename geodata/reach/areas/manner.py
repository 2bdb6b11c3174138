"""What an outline is drawn from, and how."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.reach.areas.fields import SEGMENT
from geodata.reach.areas.ground import Ground
from geodata.reach.areas.parts import points_along
from geodata.reach.networks.network import Floats, Graph, Joints, Network

_SLACK_M = 1.2
_CELLS = 140.0


@dataclass(frozen=True)
class Manner:
    """How outlines are drawn; metres.

    Attributes:
        off_street_m: How far the ground beside a street belongs to it, at most.
        filled_m2: Blocks up to this size are filled.
        cell_m: The side of a cell of the net; None: 4 to 12 m, by how far one walks.
        slack_m: By how much an outline is widened, so that no street's end is cut off between two
            corners of the net. Areas that must not overlap are not widened.
    """

    off_street_m: float = 60.0
    filled_m2: float = 40_000.0
    cell_m: float | None = None
    slack_m: float = _SLACK_M

    def cell(self, limit_m: float) -> float:
        """The cell for walks of so many metres."""
        return self.cell_m or float(np.clip(limit_m / _CELLS, 4.0, 12.0))

    def sizes(self, cell: float, *, widened: bool = True) -> tuple[float, ...]:
        """As the loops take them."""
        slack = self.slack_m if widened else 0.0
        return cell, self.off_street_m, max(6.0, 0.8 * cell), self.filled_m2, slack


@dataclass(frozen=True, eq=False)
class Walks:
    """Who walks from where, on what.

    Attributes:
        graph: The arcs that the walker takes.
        network: The network that it was made of.
        joints: Where the places meet it.
        ground: The same network, made ready for drawing.
        points: (p, 2) the places themselves, so that the walk to the street is in the area and the
            area can be held against a circle; None: unknown.
    """

    graph: Graph
    network: Network
    joints: Joints
    ground: Ground
    points: Floats | None = None

    def circles(self, count: int, radius: float) -> Floats:
        """(p, 3) the circle round each place: x, y, radius."""
        found = np.zeros((count, 3))
        if self.points is not None:
            found[:, :2], found[:, 2] = self.points, radius
        return found

    def leads(self, limit: float, count: int) -> tuple[NDArray[np.int64], Floats]:
        """The straight walks to the street as segments, by place, and where each place's begin."""
        joints, first = self.joints, np.zeros(count + 1, np.int64)
        if self.points is None:
            return first, np.zeros((0, SEGMENT))
        off = joints.off_m > 0
        place, far = joints.place[off], joints.off_m[off]
        share = np.minimum(limit / far, 1.0)
        begin = self.points[place]
        end = points_along(self.network, joints.edge[off], joints.along_m[off])
        end = begin + (end - begin) * share[:, None]
        np.cumsum(np.bincount(place, minlength=count), out=first[1:])
        return first, np.column_stack([begin, end, 0 * far, far * share, np.ones(len(far))])
