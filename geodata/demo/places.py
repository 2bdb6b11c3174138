"""Stations, centres, clinics, canteens: where the district serves its residents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.demo import naming
from geodata.demo.district import District
from geodata.demo.warp import LENGTH_U, bend

COUNTS = {
    "service_centre": 9, "service_station": 25, "clinic": 9, "canteen": 8, "reading_room": 7,
    "day_care": 6, "after_school": 6, "mediation_room": 6, "points_shop": 5, "rider_station": 4,
    "childcare": 4, "meeting_room": 5,
}  # fmt: skip
_UNSERVED_M = 1500.0
"""So far from the south-eastern corner there is no station."""
TITLES = {
    "service_station": "党群服务驿站", "service_centre": "党群服务中心", "clinic": "卫生服务站",
    "canteen": "社区食堂", "reading_room": "读书室", "day_care": "日间照料中心",
    "after_school": "四点半学校", "mediation_room": "调解室", "points_shop": "积分超市",
    "rider_station": "骑手驿站", "childcare": "托育点", "meeting_room": "楼宇会客厅",
}  # fmt: skip
_HOURS = {
    "service_station": ("Mo-Su 08:00-20:00", "Mo-Fr 08:30-18:00; PH off", "Mo-Su 09:00-21:00"),
    "service_centre": (
        "Mo-Fr 08:30-12:00,13:30-17:30; PH off",
        "Mo-Sa 08:30-12:00,13:30-18:00; PH off",
    ),
    "clinic": ("Mo-Su 08:00-17:30", "Mo-Su 08:00-21:00"),
    "canteen": ("Mo-Su 06:30-08:30,11:00-13:00,17:00-19:00", "Mo-Fr 11:00-13:00; PH off"),
    "reading_room": ("Tu-Su 09:00-20:30", "Mo-Su 09:00-21:00"),
    "day_care": ("Mo-Fr 08:00-17:30; PH off",),
    "after_school": ("Mo-Fr 16:30-18:30; PH,SH off",),
    "mediation_room": ("Mo-Fr 09:00-11:30,14:00-17:00; PH off", "Fr 19:00-21:00"),
    "points_shop": ("We,Sa 09:00-11:30", "Mo-Fr 15:00-18:00; PH off"),
    "rider_station": ("24/7", "Mo-Su 07:00-23:00"),
    "childcare": ("Mo-Fr 07:30-18:30; PH off",),
    "meeting_room": ("Mo-Su 08:00-22:00",),
}
_EQUIPMENT = {
    "service_station": 9, "service_centre": 12, "clinic": 5, "canteen": 4, "reading_room": 5,
    "day_care": 7, "after_school": 4, "mediation_room": 3, "points_shop": 2, "rider_station": 6,
    "childcare": 5, "meeting_room": 5,
}  # fmt: skip
ROOM_M2 = {
    "service_station": 90, "service_centre": 900, "clinic": 160, "canteen": 220,
    "reading_room": 130, "day_care": 350, "after_school": 120, "mediation_room": 40,
    "points_shop": 60, "rider_station": 45, "childcare": 300, "meeting_room": 55,
}  # fmt: skip
_SERVES = {
    "service_station": 6500, "service_centre": 17000, "clinic": 14000, "canteen": 12000,
    "reading_room": 12000, "day_care": 10000, "after_school": 10000, "mediation_room": 15000,
    "points_shop": 12000, "rider_station": 12000, "childcare": 12000, "meeting_room": 9000,
}  # fmt: skip
"""Residents for whom a place of usual size is meant."""
_STATE_NONE = 7
"""One place in so many does not state how many it can serve."""


@dataclass
class Facility:
    """One staffed place; ``opened_days`` days before the city's now, None: since ever."""

    kind: str
    name: str
    community: int
    building: int
    xy: tuple[float, float]
    equipment: list[str]
    hours: str
    address: str
    telephone: str
    floor_area_m2: float
    capacity: int | None
    opened_days: int | None


def open_places(district: District, equipment: tuple[str, ...]) -> list[Facility]:
    """The district's facilities: spread out, but none serves the far south-east, on purpose."""
    rng = district.rng("facilities")
    filled = district.filled
    homes = [i for i, b in enumerate(filled.buildings) if b.compound >= 0 and b.pattern != "house"]
    rooms = [i for i, b in enumerate(filled.buildings) if b.use in {"office", "shop"}]
    taken: dict[str, list[tuple[float, float]]] = {}
    out = []
    for kind, count in COUNTS.items():
        among = rooms if kind in {"service_centre", "clinic", "canteen"} else homes
        if kind.startswith("service"):
            among = _served(district, among)
        for number in range(count):
            building = _far_from(district, among, taken.setdefault(_family(kind), []), rng)
            xy = filled.buildings[building].footprint.mean(axis=0)
            where = (float(round(xy[0], 3)), float(round(xy[1], 3)))
            taken[_family(kind)].append(where)
            block = filled.buildings[building].block
            face = district.ground.faces[block]
            compound = filled.buildings[building].compound
            near = district.compound_names[compound] if compound >= 0 else ""
            community = district.community_names[face.community]
            name = f"{near or community}{TITLES[kind]}"
            if kind == "service_centre":
                name = f"{community}{TITLES[kind]}"
            count_items = int(np.clip(_EQUIPMENT[kind] + rng.integers(-2, 2), 1, 12))
            items = sorted(rng.choice(len(equipment), count_items, replace=False).tolist())
            hours, telephone = str(rng.choice(_HOURS[kind])), naming.landline(rng)
            size = rng.uniform(0.6, 1.6)
            out.append(
                Facility(
                    kind,
                    name,
                    face.community,
                    building,
                    where,
                    [equipment[i] for i in items],
                    hours,
                    f"{district.office_names[face.office]}{near or community}",
                    telephone,
                    float(round(ROOM_M2[kind] * size)),
                    None if number % _STATE_NONE == 3 else 100 * round(_SERVES[kind] * size / 100),
                    int(rng.integers(40, 170))
                    if kind == "service_station" and number >= count - 4
                    else None,
                )
            )
    return out


def _family(kind: str) -> str:
    return "station" if kind.startswith("service") else kind


def _served(district: District, among: list[int]) -> list[int]:
    """Those buildings that are far enough from the south-eastern corner."""
    u, v = district.place.origin
    x, y = bend(np.array([u + LENGTH_U]), np.array([v]))
    middles = np.stack([district.filled.buildings[i].footprint.mean(axis=0) for i in among])
    far = np.hypot(middles[:, 0] - x[0], middles[:, 1] - y[0]) > _UNSERVED_M
    return [i for i, good in zip(among, far.tolist(), strict=True) if good]


def _far_from(
    district: District,
    among: list[int],
    taken: list[tuple[float, float]],
    rng: np.random.Generator,
) -> int:
    """A building far from those that have such a place already."""
    filled = district.filled
    tries = rng.choice(len(among), min(14, len(among)), replace=False).tolist()
    best, best_score = int(among[tries[0]]), -1.0
    for index in tries:
        building = among[index]
        xy = filled.buildings[building].footprint.mean(axis=0)
        gap = min((float(np.hypot(*(xy - np.array(t)))) for t in taken), default=2500.0)
        if min(gap, 900.0) > best_score:
            best, best_score = building, min(gap, 900.0)
    return best
