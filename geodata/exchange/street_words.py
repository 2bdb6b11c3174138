"""What is said of a network and of places that could not be joined to it, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.exchange.spots_in import Spots
    from geodata.reach.networks.network import Joints, Network
    from geodata.reach.networks.shifts import Shift

Note = tuple[str, dict[str, Any]]
LISTED: Final = 20

REMARKS: Final = {
    "no_line": _("%(count)s rows of the streets hold no line; they were left out."),
    "not_walked": _("%(count)s streets may not be walked; they were left out."),
    "no_length": _("%(count)s lines have no length; they were left out."),
    "twice": _("%(count)s streets are drawn twice; each counts once."),
    "pieces_twice": _("%(count)s pieces run where another one runs; each counts once."),
    "crossings_split": _("Streets cross without a common point in %(count)s places: they meet."),
    "crossings_kept": _(
        "Streets cross without a common point in %(count)s places: one passes over the other."
    ),
    "ends_snapped": _("%(count)s loose ends were drawn to the street beside them."),
    "walls_cut": _("Streets were closed in %(count)s places where they pass a wall but no gate."),
    "gates_linked": _("%(count)s gates were linked to the nearest street."),
    "gates_apart": _("%(count)s gates have no street near."),
    "islands": _(
        "%(count)s parts of the streets, %(metres)s m in all, are joined to no other part; the "
        "main part has %(main_metres)s m."
    ),
}
"""What is said of each remark of a network, by its key."""


def notes_of_network(network: Network) -> list[Note]:
    """What was done to the streets."""
    return [note for remark in network.remarks for note in note_of_remark(remark)]


def note_of_remark(remark: Mapping[str, object]) -> list[Note]:
    """One remark of a network in words; nothing if it has none."""
    words = REMARKS.get(str(remark["key"]))
    return [(words, _shown(remark))] if words else []


def notes_of_spots(spots: Spots) -> list[Note]:
    """What was changed on reading places, and which rows have no place."""
    notes = list(spots.notes)
    if spots.without:
        words = _("%(file)s: %(count)s rows have no place that can be read: %(rows)s.")
        rows = ", ".join(map(str, spots.without[:LISTED]))
        more = " …" if len(spots.without) > LISTED else ""
        count = len(spots.without)
        notes.append((words, {"file": spots.filename, "count": count, "rows": rows + more}))
    return notes


def same_spot_note(spots: Spots) -> list[Note]:
    """Which places stand where another one stands: a fault of the file more often than not."""
    points = np.column_stack([spots.frame.geometry.x, spots.frame.geometry.y]).round(7)
    _spot, first = np.unique(points, axis=0, return_index=True)
    again = np.setdiff1d(np.arange(len(points)), first)
    if not len(again):
        return []
    more = " …" if len(again) > LISTED else ""
    names = ", ".join(spots.names[row] for row in again[:LISTED]) + more
    words = _("%(file)s: %(count)s places stand on the spot of an earlier one: %(names)s.")
    return [(words, {"file": spots.filename, "count": len(again), "names": names})]


def shift_note(network: Network, spots: Spots) -> list[Note]:
    """Whether the places of a file lie beside the streets as GCJ-02 and WGS 84 do."""
    from geodata.reach.networks.shifts import shift  # noqa: PLC0415

    found = shift(network, spots.frame)
    if found is None:
        return []
    return [note_of_shift(found, spots.filename)]


def note_of_shift(found: Shift, name: str) -> Note:
    """A shift between the streets and the places of a file or layer in words."""
    params = {
        "file": name,
        "off": round(found.off_m),
        "given": round(found.given_m),
        "moved": round(found.moved_m),
    }
    return _SHIFTED[found.places], params


def apart_note(spots: Spots, joints: Joints) -> list[Note]:
    """Which places of a file could not be joined, with their reason; one note a reason."""
    notes: list[Note] = []
    for reason, count in Counter(joints.reasons).items():
        rows = [
            spots.names[row]
            for row, why in zip(joints.apart, joints.reasons, strict=True)
            if why == reason
        ]
        more = " …" if len(rows) > LISTED else ""
        params = {"file": spots.filename, "count": count, "names": ", ".join(rows[:LISTED]) + more}
        notes.append((_APART[reason], params))
    return notes


_SHIFTED: Final = {
    "gcj02": _(
        "%(file)s seems to be in GCJ-02 beside streets in WGS 84, %(off)s m off: its places lie "
        "%(given)s m from a street on average, and would lie %(moved)s m from one."
    ),
    "wgs84": _(
        "The streets seem to be in GCJ-02 beside %(file)s in WGS 84, %(off)s m off: its places "
        "lie %(given)s m from a street on average, and would lie %(moved)s m from one."
    ),
}
_APART: Final = {
    "far": _("%(file)s: %(count)s places are too far from any street: %(names)s."),
    "island": _(
        "%(file)s: %(count)s places are near a small part of the streets alone that leads "
        "nowhere: %(names)s."
    ),
    "walled": _(
        "%(file)s: %(count)s places are behind a wall whose gates lead to no street: %(names)s."
    ),
    "nowhere": _("%(file)s: %(count)s places have no coordinates: %(names)s."),
}


def _shown(remark: Mapping[str, object]) -> dict[str, Any]:
    return {
        name: f"{value:,.0f}" if isinstance(value, float) else value
        for name, value in remark.items()
    }
