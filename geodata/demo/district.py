"""One generated district: its ground, what stands on it, its communities, grids and places.

Everything in ground metres (see ``warp``); ``city`` turns it into WGS 84 tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.random import Generator, SeedSequence
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.demo import naming
from geodata.demo.filling import Filled, fill, zone_of
from geodata.demo.ground import Board, Edge, Face, Ground, finish, lay_out, split
from geodata.demo.warp import Place

COMMUNITIES = 49
COMPOUNDS = 220
_PATCH_M2 = 79_000.0
_BLOCK_M2 = {"old": 16_000.0}


@dataclass
class Unit:
    """A piece of ground that belongs to one grid: a block, or half of a block that a grid cuts.

    ``grid`` is the grid of today, ``was`` the one before the last change; -1: in no grid.
    """

    block: int
    polygon: shapely.Polygon
    community: int
    patch: int
    grid: int = -1
    was: int = -1


@dataclass
class District:
    """Everything that was generated for one district."""

    number: int
    place: Place
    filled: Filled
    units: list[Unit]
    community_office: list[int]
    community_names: list[str]
    office_names: tuple[str, ...]
    street_names: list[str]
    compound_names: list[str]
    compound_firms: list[str | None]
    seeds: dict[str, SeedSequence] = field(default_factory=dict)

    @property
    def ground(self) -> Ground:
        """The ground that it stands on."""
        return self.filled.ground

    def rng(self, purpose: str) -> Generator:
        """A generator of random numbers of its own for each purpose."""
        return np.random.default_rng(self.seeds[purpose])


_PURPOSES = ("ground", "filling", "names", "nets", "facilities", "cases", "people", "history",
             "posts")  # fmt: skip


def make_district(number: int, place: Place, seed: int, *, band: tuple[int, int]) -> District:
    """The ``number``-th district of the city with that seed, at that place."""
    seeds = dict(zip(_PURPOSES, SeedSequence([seed, number]).spawn(len(_PURPOSES)), strict=True))
    board, cells = lay_out(place, np.random.default_rng(seeds["ground"]), communities=COMMUNITIES)
    faces = _cut_finer(board, cells)
    ground = finish(board, faces)
    filled = fill(
        ground,
        np.random.default_rng(seeds["filling"]),
        compounds=COMPOUNDS,
        low=band[0],
        high=band[1],
    )
    _give_banks(ground)
    rng = np.random.default_rng(seeds["names"])
    offices = [0] * COMMUNITIES
    for face in faces:
        offices[face.community] = face.office
    firms = naming.firms()
    weights = np.array([1 / (rank + 3) for rank in range(len(firms))])
    types = [c.type for c in filled.compounds]
    return District(
        number,
        place,
        filled,
        [
            Unit(block, polygon, face.community, face.patch)
            for block, (face, polygon) in enumerate(zip(faces, ground.polygons, strict=True))
        ],
        offices,
        naming.communities(rng, COMMUNITIES),
        naming.OFFICES,
        _name_streets(board, ground, filled, rng),
        naming.compounds(rng, types),
        [
            str(rng.choice(firms, p=weights / weights.sum())) if c.managed else None
            for c in filled.compounds
        ],
        seeds,
    )


def _cut_finer(board: Board, cells: list[Face]) -> list[Face]:
    """Communities into patches (the later grids), patches into blocks."""
    faces: list[Face] = []
    patch = 0
    for cell in cells:
        if cell.kind != "land":
            faces.append(cell)
            continue
        for community in cell.children:
            parts = max(2, round(community.area_m2 / _PATCH_M2))
            split(board, community, parts, kinds=("tertiary", "tertiary", "residential"), even=0.75)
            for piece in community.children:
                piece.patch = patch
                patch += 1
                size = _BLOCK_M2.get(zone_of(board.place, piece), 32_000.0)
                blocks = int(np.clip(round(piece.area_m2 / size), 1, 6))
                split(board, piece, blocks, kinds=("residential",), even=0.7)
                faces += piece.children
    return faces


def _give_banks(ground: Ground) -> None:
    """Each stretch of river bank goes to the community and patch across the riverside road."""
    on_edge: dict[int, list[int]] = {}
    for index, around in enumerate(ground.face_edges):
        for edge in around:
            on_edge.setdefault(edge, []).append(index)
    for index, face in enumerate(ground.faces):
        if face.kind != "bank":
            continue
        shared: dict[tuple[int, int], float] = {}
        for edge in ground.face_edges[index]:
            for other in on_edge[edge]:
                neighbour = ground.faces[other]
                if neighbour.kind == "land" and ground.edges[edge].kind == "secondary":
                    key = (neighbour.community, neighbour.patch)
                    shared[key] = shared.get(key, 0.0) + _length(ground.edges[edge])
        totals: dict[int, float] = {}
        for (community, _), length in shared.items():
            totals[community] = totals.get(community, 0.0) + length
        face.community = max(totals, key=lambda c: totals[c])
        face.patch = max(
            (key for key in shared if key[0] == face.community), key=lambda k: shared[k]
        )[1]


def _length(edge: Edge) -> float:
    return float(np.hypot(*np.diff(edge.xy, axis=0).T).sum())


def _name_streets(board: Board, ground: Ground, filled: Filled, rng: Generator) -> list[str]:
    """A name for each street number: the lattice's own, then by direction and class."""
    names = naming.StreetNames(rng)
    first: dict[int, Edge] = {}
    total: dict[int, NDArray[np.float64]] = {}
    for edge in ground.edges:
        first.setdefault(edge.street, edge)
        way = np.abs(edge.xy[-1] - edge.xy[0])
        total[edge.street] = total.get(edge.street, np.zeros(2)) + way
    old = {
        edge
        for block, around in enumerate(ground.face_edges)
        if filled.zone[block] == "old"
        for edge in around
    }
    old_streets = {ground.edges[edge].street for edge in old}
    fixed = {0: "环城西路", 3: "滨河西路", 4: naming.RIVER, 5: "滨河东路", 7: "环城东路",
             8: "环城南路", 9: naming.RAILWAY, 13: "环城北路"}  # fmt: skip
    out = []
    for street in range(board.streets):
        if street in fixed:
            out.append(fixed[street])
            continue
        if street not in first:
            out.append("")
            continue
        north = bool(total[street][1] > total[street][0])
        lane = street in old_streets and first[street].kind == "residential"
        out.append(names.name(north=north, lane=lane))
    return out


def union(polygons: NDArray[np.object_]) -> BaseGeometry:
    """Polygons that share their borders exactly, as one."""
    whole: BaseGeometry = shapely.coverage_union_all(polygons)
    return whole
