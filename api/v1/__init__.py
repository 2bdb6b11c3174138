"""The calls of ``/api/v1``: one noun a file, each an APIBlueprint listed here."""

from __future__ import annotations

from apiflask import APIBlueprint

BLUEPRINTS: tuple[APIBlueprint, ...] = ()
