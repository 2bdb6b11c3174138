"""The calls of ``/api/v1``: one noun a file, each an APIBlueprint listed here."""

from __future__ import annotations

from apiflask import APIBlueprint

from api.v1 import (
    audit,
    case_records,
    case_steps,
    case_stream,
    cases,
    demo,
    exports,
    hotspots,
    imports,
    jobs,
    nets,
    places,
    plan_files,
    plan_homes,
    plan_remarks,
    plan_rights,
    plans,
    profile,
    proposals,
    reach,
    signing_in,
    tokens,
    users,
    whistles,
)

BLUEPRINTS: tuple[APIBlueprint, ...] = (
    signing_in.blueprint,
    tokens.blueprint,
    users.blueprint,
    audit.blueprint,
    jobs.blueprint,
    imports.blueprint,
    exports.blueprint,
    demo.blueprint,
    case_records.blueprint,
    case_steps.blueprint,
    case_stream.blueprint,
    whistles.blueprint,
    cases.blueprint,
    profile.blueprint,
    places.blueprint,
    plans.blueprint,
    plan_rights.blueprint,
    plan_remarks.blueprint,
    plan_files.blueprint,
    plan_homes.blueprint,
    proposals.blueprint,
    nets.blueprint,
    hotspots.blueprint,
    reach.blueprint,
)
