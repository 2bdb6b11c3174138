"""The city's network, made once for each state of its streets, walls and gates, and kept."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from geodata.places.querying import frame, last_change
from geodata.reach.networks.building import build
from geodata.reach.networks.network import Network
from geodata.reach.networks.rules import Rules

if TYPE_CHECKING:
    from geodata.database import Database
    from geodata.profiles import Profile

LAYERS: Final = ("streets", "compounds", "gates")
KEPT: Final = 3
_STREETS: Final = ("code", "kind", "bridge", "tunnel", "z_level", "foot", "foot_oneway")


@dataclass(frozen=True, eq=False)
class CityNetwork:
    """The streets of the city as they can be walked.

    Attributes:
        network: The network.
        versions: Of the layers that it was made from.
        remarks: What was done to the streets and what was left out.
    """

    network: Network
    versions: dict[str, int]
    remarks: tuple[dict[str, object], ...]


_kept: OrderedDict[Any, CityNetwork] = OrderedDict()
_lock = Lock()


def city_network(
    database: Database, profile: Profile, *, at: datetime | None = None
) -> CityNetwork:
    """The network of the streets in force, now or at a moment; callers checked permission.

    Raises:
        InvalidInput: There are no streets, or none that may be walked.
    """
    rules = Rules.of(profile)
    with _lock:  # one makes it, the others wait for it
        versions = database.versions(list(LAYERS))
        if at is not None:  # days between two changes have the same streets
            with database.read() as connection:
                at = last_change(connection, LAYERS, at)
        key = (database.url, tuple(sorted(versions.items())), at, rules)
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
        with database.read() as connection:
            streets = frame(connection, "streets", _STREETS, at=at)
            compounds = frame(connection, "compounds", ("code", "closed"), at=at)
            gates = frame(connection, "gates", ("code", "compound_code"), at=at)
        network = build(streets, rules=rules, compounds=compounds, gates=gates)
        found = CityNetwork(network, versions, network.remarks)
        # what came in while it was read is in it, under an older version: read anew next time
        if versions == database.versions(list(LAYERS)):
            _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found
