"""Cases out of a file, chunk by chunk, each placed in the grid that stood on its day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from geodata.cases.clocks.winding import OF_NEW, wind
from geodata.cases.forgetting import over
from geodata.cases.incoming.reporting import EARLY
from geodata.cases.incoming.storing import place_waiting
from geodata.database import Transaction
from geodata.database.copying import Same
from geodata.errors import InvalidInput
from geodata.exchange.addresses_in import AddressFinder
from geodata.exchange.columns import read_fields
from geodata.exchange.coordinates import Placing, positions
from geodata.exchange.findings import Findings, Report
from geodata.exchange.mapping import ColumnMapping
from geodata.exchange.source import Chunk
from geodata.exchange.values import as_json
from geodata.places.holding import Held, held_polygons
from geodata.profiles import Profile
from geodata.words import sentence as _
from geodata.workdays import Workdays

_NEVER_NULL = ("title", "description", "address")
# What makes two rows without a number the same case; its state and end may change.
_CONTENT = ("source", "category", "title", "description", "address", "reporter_telephone")
CONTENT_KEY = "content:"


@dataclass
class CaseReader:
    """Turns chunks of one file into columns of the cases table."""

    mapping: ColumnMapping
    placing: Placing
    profile: Profile
    fixed: dict[str, Any]
    found: Findings
    holders: dict[str, Held]
    import_id: int | None
    workdays: Workdays
    finder: AddressFinder | None = None
    refused: int = 0
    unplaced: int = 0
    areas: set[str | None] = field(default_factory=set)
    _hashes: Any = field(default_factory=lambda: np.empty(0, dtype=np.uint64))

    def __post_init__(self) -> None:
        """Refuse a file without times; fall back on the first source."""
        if self.mapping.column("reported_at") is None:
            raise InvalidInput(
                "No column says when the cases were reported; name it with "
                "--map reported_at=COLUMN. The file has %(columns)s.",
                columns=", ".join(self.mapping.unmapped[:40]),
            )
        if self.placing.way is None and self.mapping.column("address") is None:
            self.found.add(
                "no_place",
                "note",
                _("No columns of longitude and latitude were found; the cases are taken unplaced."),
            )
        if self.mapping.column("source") is None and "source" not in self.fixed:
            source = self.profile.sources[0]
            self.fixed = self.fixed | {"source": source.key}
            self.found.add(
                "no_source",
                "note",
                _("No column says where the cases come from; all were taken as %(source)s."),
                source=source.key,
            )

    @property
    def only_new(self) -> set[str]:
        """Columns that the file does not say: a known case keeps its own."""
        says = {*self.mapping.fields, *self.fixed}
        unsaid = {"category", "state"} - says
        kept = OF_NEW | ({"due_at"} - says)
        return unsaid - ({"state"} if "closed_at" in says else set()) | kept

    def read(self, chunk: Chunk) -> dict[str, Any]:
        """Columns for ``CaseLoad.add``: the rows that can be taken."""
        columns, aside = read_fields("cases", chunk, self.mapping, self.profile, self.found)
        lon, lat, bad = positions(chunk, self.mapping, self.placing, self.found)
        late = np.isnat(columns["reported_at"]) & ~bad
        for k in np.flatnonzero(late):
            self.found.add(
                "no_time",
                "refused",
                _(
                    "The row does not say when the case was reported, "
                    "or not so that it can be read."
                ),
                row=int(chunk.rows[k]),
            )
        bad |= late
        bad |= self._future(columns["reported_at"], chunk)
        self._defaults(columns, len(chunk))
        columns["extra"] = as_json(aside)
        columns["external_id"] = self._numbers(columns, lon, lat)
        if bad.any():
            kept = pa.array(~bad)
            columns = {
                name: column.filter(kept) if isinstance(column, pa.Array) else column[~bad]
                for name, column in columns.items()
            }
            lon, lat = lon[~bad], lat[~bad]
            self.refused += int(bad.sum())
        areas = None
        if self.finder is not None and "address" in columns:
            lon, lat, areas = self.finder.place(columns, lon, lat)
        columns |= wind(columns, self.profile, self.workdays)
        self._place(columns, lon, lat)
        if areas is not None:
            columns["area_code"] = pc.coalesce(columns["area_code"], areas)
        self._forget(columns)
        columns["geom"] = np.column_stack((lon, lat))
        columns["import_id"] = Same(self.import_id)
        return columns

    def _forget(self, columns: dict[str, Any]) -> None:
        """Leave out reporters past the time that the city keeps them: a file brings none back."""
        last = over(self.profile.cases.keep_reporters_days).replace(tzinfo=None)
        old = columns["reported_at"] < np.datetime64(last, "us")
        if not old.any():
            return
        for name in ("reporter_name", "reporter_telephone"):
            if isinstance(columns.get(name), pa.Array):
                nothing = pa.scalar(None, type=columns[name].type)
                columns[name] = pc.if_else(pa.array(old), nothing, columns[name])

    def _future(self, reported: NDArray[np.datetime64], chunk: Chunk) -> NDArray[np.bool_]:
        """Refuse what was not yet reported; a sender's clock may be a little ahead."""
        now = np.datetime64(datetime.now(UTC).replace(tzinfo=None) + EARLY, "us")
        with np.errstate(invalid="ignore"):
            early: NDArray[np.bool_] = reported > now
        for k in np.flatnonzero(early):
            self.found.add(
                "future",
                "refused",
                _("The case would be reported in the future, at %(time)s UTC."),
                row=int(chunk.rows[k]),
                time=str(reported[k])[:16].replace("T", " "),
            )
        return early

    def _defaults(self, columns: dict[str, Any], count: int) -> None:
        plain = {"source": self.profile.sources[0].key, "category": "other"}
        if "other" not in self.profile.keys("categories"):
            plain["category"] = self.profile.keys("categories")[-1]
        plain["state"] = self.profile.first_state
        for name, value in (plain | self.fixed).items():
            column = columns.get(name)
            if column is None or name in self.fixed:
                columns[name] = pa.array([value], type=pa.string()).take(
                    pa.array(np.zeros(count, dtype=np.int8))
                )
            elif column.null_count:
                columns[name] = column.fill_null(value)
        if "closed_at" in columns and "state" not in self.mapping.fields:
            closed = next((s.key for s in self.profile.states if not s.open), None)
            if closed is not None:
                over = pa.array(~np.isnat(columns["closed_at"]))
                columns["state"] = pc.if_else(over, closed, columns["state"])
        for name in _NEVER_NULL:
            if name in columns and columns[name].null_count:
                columns[name] = columns[name].fill_null("")

    def _numbers(self, columns: dict[str, Any], lon: Any, lat: Any) -> pa.Array:
        """The source's numbers; where it gave none, one made from the content."""
        given = columns.get("external_id")
        if given is not None and not given.null_count:
            return given
        hashes = pd.util.hash_array(columns["reported_at"].astype("int64"))
        for axis in (lon, lat):
            whole = np.round(np.nan_to_num(axis, nan=999.0) * 1e7).astype("int64")
            hashes = hashes * np.uint64(31) + pd.util.hash_array(whole)
        for name in _CONTENT:
            if name in columns and isinstance(columns[name], pa.Array):
                words = columns[name].fill_null("").dictionary_encode()
                each = pd.util.hash_array(
                    words.dictionary.to_numpy(zero_copy_only=False).astype(object),
                    categorize=False,
                )
                hashes = hashes * np.uint64(31) + each[words.indices.to_numpy()]
        earlier = np.searchsorted(self._hashes, hashes, "right") - np.searchsorted(
            self._hashes, hashes, "left"
        )
        again = pd.Series(hashes).groupby(hashes).cumcount().to_numpy() + earlier
        self._hashes = np.sort(np.concatenate((self._hashes, hashes)))
        made = pa.array(
            [
                f"{CONTENT_KEY}{value:016x}" if not n else f"{CONTENT_KEY}{value:016x}-{n + 1}"
                for value, n in zip(hashes.tolist(), again.tolist(), strict=True)
            ]
        )
        return made if given is None else pc.coalesce(given, made)

    def _place(self, columns: dict[str, Any], lon: Any, lat: Any) -> None:
        at = columns["reported_at"]
        for name, held in self.holders.items():
            codes: NDArray[np.object_] = held.locate(lon, lat, at)
            columns[name] = pa.array(codes, type=pa.string())
        area = columns["area_code"]
        self.areas.update(pc.unique(area).to_pylist())
        self.unplaced += area.null_count


PLACED_BY = {"areas": "area_code", "grids": "grid_code", "compounds": "compound_code"}
"""The column of a case that names the one of a layer that it lies in."""


def holders_of_cases(connection: sa.Connection, profile: Profile) -> dict[str, Held]:
    """What a case may lie in, by the column that names it."""
    return {column: _holders(connection, layer, profile) for layer, column in PLACED_BY.items()}


def place_earlier_cases(tx: Transaction, layer: str, profile: Profile, report: Report) -> None:
    """Place the cases that had come before the layer's first borders; placed ones stay."""
    held = _holders(tx.connection, layer, profile)
    if not len(held):
        return
    west, south, east, north = shapely.total_bounds(held.shapes).tolist()
    bounds = (west, south, east, north)
    count = place_waiting(tx.connection, PLACED_BY[layer], bounds, held.locate)
    if count:
        tx.changed("cases", None, "changed", placed_in=layer, cases=count)
        report.findings.add(
            "cases_placed",
            "note",
            _("%(number)s cases that had come before and lie within were placed."),
            number=count,
        )


def _holders(connection: sa.Connection, layer: str, profile: Profile) -> Held:
    level = profile.smallest_level.key if layer == "areas" else None
    return held_polygons(connection, layer, level=level)


def tell_unplaced(report: Report) -> None:
    """Say how many cases lie in no area."""
    if report.unplaced:
        report.findings.add(
            "outside_areas",
            "note",
            _("%(number)s rows lie in no community that is known; they were taken without one."),
            number=report.unplaced,
        )
