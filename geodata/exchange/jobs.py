"""Imports and exports as long work."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from geodata.accounts import Actor
from geodata.database.jobs import Work, job_kind
from geodata.exchange.importing import import_file
from geodata.profiles import load_profile
from geodata.settings import Settings


@job_kind("import")
def run_import(work: Work) -> dict[str, Any]:
    """Take in an uploaded file and delete it; the report is the job's.

    ``work.arguments``: ``layer``, ``path``, ``keep`` (leave the file there), and the fields of
    ``importing.Wish`` (``since`` as an ISO date). ``work.actor``: the fields of ``Actor``.
    """
    said = dict(work.arguments)
    layer, path = said.pop("layer"), Path(said.pop("path"))
    keep = said.pop("keep", False)
    profile = load_profile(said.pop("profile", None) or Settings().profile)
    since = said.pop("since", None)
    actor = actor_of(work.actor)
    try:
        report = import_file(
            work.database,
            actor,
            layer,
            path,
            profile=profile,
            progress=work.progress,
            cancelled=work.cancelled,
            since=date.fromisoformat(since) if since else None,
            **{name: value for name, value in said.items() if value is not None},
        )
    finally:
        if not keep:
            path.unlink(missing_ok=True)
    return report.as_dict(actor.language or "zh")


def actor_of(said: dict[str, Any]) -> Actor:
    """The actor that a job's arguments describe; nobody given is the operator."""
    if not said:
        return Actor.terminal()
    return Actor(
        user_id=said.get("user_id"),
        name=said["name"],
        role=said["role"],
        areas=frozenset(said.get("areas") or ()),
        language=said.get("language"),
    )
