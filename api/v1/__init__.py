"""The calls of ``/api/v1``: one noun a file, each an APIBlueprint listed here."""

from __future__ import annotations

from apiflask import APIBlueprint

from api.v1 import cases

BLUEPRINTS: tuple[APIBlueprint, ...] = (cases.blueprint,)
