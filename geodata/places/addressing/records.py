"""The places that an address can mean, as plain records. Points are WGS 84, longitude first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """An area; ``level`` is a level key of the profile, ``names`` are further names of it."""

    code: str
    name: str
    level: str
    parent: str | None
    lon: float
    lat: float
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compound:
    """A compound in the area with the code ``area``; ``names`` are its aliases and old names."""

    code: str
    name: str
    area: str | None
    lon: float
    lat: float
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Building:
    """A building with its number in its compound, and its number in a street where it has one."""

    code: str
    compound: str | None
    number: str
    lon: float
    lat: float
    entrances: int | None = None
    street: str = ""
    house: str = ""
    area: str | None = None
    name: str = ""


@dataclass(frozen=True)
class Street:
    """One piece of a street: pieces of one name in one area are taken together."""

    code: str
    name: str
    area: str | None
    lon: float
    lat: float
