"""The layers as the OGC addresses show them: titles, and which verb of which room reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geodata.cases.map import featuring as case_features
from geodata.cases.map import tiling as case_tiles
from geodata.errors import NotFound
from geodata.places import featuring as place_features
from geodata.places import tiling as place_tiles
from geodata.places.featuring import Box, Feature, Page, Wanted
from geodata.places.tiling import Drawn

if TYPE_CHECKING:
    from datetime import datetime

    from geodata.accounts import Actor
    from geodata.database import Database


@dataclass(frozen=True)
class Layer:
    """One layer: its name in addresses, and its title and description as English msgids."""

    name: str
    title: str
    description: str

    @property
    def is_cases(self) -> bool:
        """Whether these are cases, which keep no versions and have personal fields."""
        return self.name == "cases"

    def properties(self, *, personal: bool = False) -> dict[str, Any]:
        """Names and column types of its properties."""
        if self.is_cases:
            return case_features.properties(personal=personal)
        return place_features.properties(self.name)

    def page(
        self, database: Database, actor: Actor, wanted: Wanted, *, personal: bool = False
    ) -> Page:
        """A page of its features."""
        if self.is_cases:
            return case_features.features(database, actor, wanted, personal=personal)
        return place_features.features(database, actor, self.name, wanted)

    def one(
        self,
        database: Database,
        actor: Actor,
        identifier: str,
        *,
        at: datetime | None = None,
        personal: bool = False,
    ) -> Feature:
        """One of its features; raises NotFound."""
        if not self.is_cases:
            return place_features.feature(database, actor, self.name, identifier, at=at)
        plain = identifier.isascii() and identifier.isdigit() and len(identifier) < 20
        number = int(identifier) if plain else None
        if number is None or number > _LARGEST:
            raise NotFound("There is no %(layer)s %(code)s.", layer=self.name, code=identifier)
        return case_features.feature(database, actor, number, personal=personal)

    @property
    def drawn(self) -> Drawn:
        """How it is drawn in tiles."""
        return case_tiles.DRAWN if self.is_cases else place_tiles.DRAWN[self.name]

    def extent(self, database: Database, actor: Actor) -> Box | None:
        """Its extent, roughly."""
        if self.is_cases:
            return case_features.extent(database, actor)
        return place_features.extent(database, actor, self.name)


def _(message: str) -> str:
    """Mark a sentence for translation; it is translated when it is said."""
    return message


_LARGEST: Final = 2**63 - 1
"""The largest number that the database counts to."""

LAYERS: Final[dict[str, Layer]] = {
    name: Layer(name, title, description)
    for name, title, description in (
        (
            "areas",
            _("Areas"),
            _("Administrative areas in levels: county, street office, community."),
        ),
        ("grids", _("Grids"), _("The patches of ground that one grid worker each answers for.")),
        ("compounds", _("Compounds"), _("Residential estates by type, with their households.")),
        ("buildings", _("Buildings"), _("Buildings with the households that live in them.")),
        ("facilities", _("Facilities"), _("Staffed places that serve residents.")),
        (
            "streets",
            _("Streets"),
            _("Streets and ways on foot by class; also rivers and railways."),
        ),
        ("gates", _("Gates"), _("Where one gets into a closed compound on foot.")),
        (
            "cases",
            _("Cases"),
            _("Problems found, from any source, until they are fed back and closed."),
        ),
    )
}


def layer(name: str) -> Layer:
    """The layer of that name; raises NotFound."""
    try:
        return LAYERS[name]
    except KeyError:
        raise NotFound("There is no layer %(layer)s.", layer=name[:100]) from None
