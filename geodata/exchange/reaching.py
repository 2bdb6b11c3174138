"""Service areas of the places of a file, on the streets of another; needs no database."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np

from geodata.errors import InvalidInput
from geodata.exchange.polygons import read_polygons
from geodata.exchange.spots_in import Spots, read_spots
from geodata.exchange.street_words import (
    Note,
    apart_note,
    notes_of_network,
    notes_of_spots,
    same_spot_note,
    shift_note,
)
from geodata.exchange.streets_in import read_streets

Progress = Callable[[str, float], None]
_DIGITS: Final = {"area_m2": 1, "circle_area_m2": 1, "differs": 4, "streets_m": 1}


@dataclass(frozen=True)
class AreaWish:
    """What is asked.

    Attributes:
        streets: A file of streets, rivers and railways.
        places: A file of places.
        minutes: How long people walk; several make bands.
        speed_kmh: How fast.
        together: ``each`` place by itself, ``merged``, or each spot to its ``nearest`` place.
        steps: Whether steps can be taken.
        compounds: A file of closed compounds, and
        gates: one of their gates: then they are entered through these alone.
        crs: Of all files; else what each says.
        layer: Which layer of the file of streets.
        places_layer: Which layer of the file of places.
    """

    streets: Path
    places: Path
    minutes: tuple[float, ...]
    speed_kmh: float = 4.5
    together: Literal["each", "merged", "nearest"] = "each"
    steps: bool = True
    compounds: Path | None = None
    gates: Path | None = None
    crs: str | None = None
    layer: str | None = None
    places_layer: str | None = None


@dataclass(frozen=True, eq=False)
class Areas:
    """What was found.

    Attributes:
        areas: A row for each place and each of the minutes; WGS 84.
        summary: The same without shapes, as plain data.
        notes: What is worth knowing: sentences and their values.
    """

    areas: gpd.GeoDataFrame
    summary: dict[str, Any]
    notes: tuple[Note, ...]


def areas_of_files(wish: AreaWish, *, progress: Progress = lambda _stage, _share: None) -> Areas:
    """The service areas of the places of a file.

    Raises:
        NotFound: No such file.
        InvalidInput: A file, the minutes or the speed make no sense.
    """
    from geodata.reach import walking  # noqa: PLC0415
    from geodata.reach.networks.building import build  # noqa: PLC0415 - numba, scipy
    from geodata.reach.networks.joining import join  # noqa: PLC0415
    from geodata.reach.networks.network import Walker  # noqa: PLC0415
    from geodata.reach.networks.rules import Rules  # noqa: PLC0415

    started = time.perf_counter()
    if (wish.compounds is None) != (wish.gates is None):
        raise InvalidInput("Walls and gates belong together: give --compounds and --gates.")
    minutes = walking.checked_minutes(wish.minutes)
    speed = walking.checked_speed(wish.speed_kmh)
    progress("reading", 0.0)
    places = read_spots(wish.places, declared=wish.crs, layer_name=wish.places_layer)
    streets = read_streets(wish.streets, declared=wish.crs, layer_name=wish.layer)
    progress("measuring", 0.3)
    network = build(
        streets.frame,
        compounds=_grounds(wish.compounds, wish.crs),
        gates=_gates(wish.gates, wish.crs),
    )
    joints = join(network, places.frame)
    notes = [*streets.notes, *notes_of_spots(places)]
    notes += [*same_spot_note(places), *notes_of_network(network)]
    notes += [*apart_note(places, joints), *shift_note(network, places)]
    progress("drawing", 0.6)
    barriers = walking.barriers_of(streets.frame, Rules())
    areas = walking.service_areas(
        network,
        places.frame,
        minutes=minutes,
        walker=Walker(speed_m_per_s=speed, steps=wish.steps),
        together=wish.together,
        barriers=None if barriers is None else gpd.GeoDataFrame(geometry=barriers),
    )
    for column, digits in _DIGITS.items():
        areas[column] = areas[column].astype(float).round(digits)
    summary = {
        "areas": _rows(areas, places, set(joints.apart.tolist()), wish),
        "apart": [
            *(
                {"row": int(places.rows[row]), "name": places.names[row], "reason": reason}
                for row, reason in zip(joints.apart, joints.reasons, strict=True)
            ),
            *(
                {"row": row, "name": name, "reason": "nowhere"}
                for row, name in zip(places.without, places.lost, strict=True)
            ),
        ],
        "nodes": len(network.nodes),
        "edges": len(network),
        "streets_m": round(float(network.metres.sum()), 1),
        "seconds": round(time.perf_counter() - started, 3),
    }
    return Areas(areas, summary, tuple(notes))


def _rows(
    areas: gpd.GeoDataFrame, places: Spots, apart: set[int], wish: AreaWish
) -> list[dict[str, Any]]:
    """The areas as plain data; a place that could not be joined has no figures."""
    merged = wish.together == "merged"
    rows = []
    for index, one in zip(areas.index, areas.to_dict("records"), strict=True):
        lost = not merged and index in apart
        said: dict[str, Any] = {}
        if not merged:
            said = {"row": int(places.rows[index]), "name": places.names[index]}
        said["minutes"] = float(one["minutes"])
        for name in _DIGITS:
            value = float(one[name])
            said[name] = None if lost or np.isnan(value) else value
        said["nodes"] = None if lost else int(one["nodes"])
        rows.append(said)
    return rows


def _grounds(path: Path | None, crs: str | None) -> gpd.GeoDataFrame | None:
    """Closed compounds: all of a file that does not say which are closed."""
    if path is None:
        return None
    found = read_polygons(path, "compounds", declared=crs)
    codes = found.column("code")
    frame = gpd.GeoDataFrame(
        {"code": found.rows.astype(str) if codes is None else codes.astype(str).to_numpy()},
        geometry=found.into("EPSG:4326"),
        crs=4326,
    )
    closed = found.column("closed")
    if closed is not None:
        import pyarrow as pa  # noqa: PLC0415

        from geodata.exchange.values import yes_no  # noqa: PLC0415

        frame["closed"] = yes_no(pa.array(closed, from_pandas=True))[0].to_pylist()
    return frame


def _gates(path: Path | None, crs: str | None) -> gpd.GeoDataFrame | None:
    if path is None:
        return None
    spots = read_spots(path, declared=crs, target="gates")
    frame = gpd.GeoDataFrame(geometry=spots.frame.geometry)
    frame["code"] = spots.names
    if spots.compounds is not None:
        frame["compound_code"] = spots.compounds
    return frame
