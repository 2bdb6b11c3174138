"""A city's way of working, as data.

Levels, compound types, kinds of facility, sources, categories, states, circles, the grid band and
the office hours of one city stand in one readable TOML file, checked when loaded. No other room
writes such a word into its code: it asks the profile. Keys are what is stored; names are what
people read.
"""

from __future__ import annotations

from geodata.profiles.loading import SHIPPED, load_profile
from geodata.profiles.profile import (
    KINDS,
    Band,
    Category,
    Codes,
    CompoundType,
    FacilityKind,
    Level,
    Profile,
    Source,
    Staff,
    State,
    Workload,
)
from geodata.profiles.reach import Circle, Standard, WalkerKind, Walking
from geodata.profiles.terms import Name, Term
from geodata.profiles.working import Working

__all__ = [
    "KINDS",
    "SHIPPED",
    "Band",
    "Category",
    "Circle",
    "Codes",
    "CompoundType",
    "FacilityKind",
    "Level",
    "Name",
    "Profile",
    "Source",
    "Staff",
    "Standard",
    "State",
    "Term",
    "WalkerKind",
    "Walking",
    "Working",
    "Workload",
    "load_profile",
]
