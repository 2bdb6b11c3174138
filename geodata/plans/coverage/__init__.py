"""Polygons that cover the ground together: no hole, no overlap, each border shared point by point.

Coordinates stand on a raster of a tenth of a millimetre, so that two polygons share a border when
they have the same pairs of points, and comparing is exact. What comes from outside is cut along
all its borders (``cut``) and made such a coverage (``mend``), and every change is named.
"""

from geodata.plans.coverage.borders import (
    RASTER_M,
    Lengths,
    Numbers,
    Shapes,
    neighbours,
    on_raster,
    outer_lengths,
    sides,
)
from geodata.plans.coverage.faces import Faces, cut
from geodata.plans.coverage.mending import Change, Mended, made_valid, mend, wider_than

__all__ = [
    "RASTER_M",
    "Change",
    "Faces",
    "Lengths",
    "Mended",
    "Numbers",
    "Shapes",
    "cut",
    "made_valid",
    "mend",
    "neighbours",
    "on_raster",
    "outer_lengths",
    "sides",
    "wider_than",
]
