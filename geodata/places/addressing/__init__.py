"""Which place an address means: pure work on texts and plain records, no database.

``reading`` takes a Chinese address apart without knowing any place; ``matching`` knows the places
and gives candidates with a score, what agrees, what contradicts, and whether the first is sure.
Nothing here raises on a text, however long or broken, and nothing asks a geocoder outside. An
answer depends on the set of records alone, never on their order.
"""

from geodata.places.addressing.matching import Candidate, Index, Match
from geodata.places.addressing.reading import Address, building_number, read
from geodata.places.addressing.records import Area, Building, Compound, Street

__all__ = [
    "Address",
    "Area",
    "Building",
    "Candidate",
    "Compound",
    "Index",
    "Match",
    "Street",
    "building_number",
    "read",
]
