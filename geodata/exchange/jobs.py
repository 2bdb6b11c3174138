"""Imports, and drafts out of large files, as long work."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from geodata.accounts.users import actor_of
from geodata.database.jobs import Work, job_kind
from geodata.profiles import load_profile
from geodata.settings import Settings


@job_kind("import")
def run_import(work: Work) -> dict[str, Any]:
    """Take in an uploaded file and delete it; the report is the job's.

    ``work.arguments``: ``layer``, ``path``, ``keep`` (leave the file there), and the fields of
    ``importing.Wish`` (``since`` as an ISO date). ``work.actor``: ``user_id`` and the ``language``
    of the report.
    """
    from geodata.exchange.importing import import_file  # noqa: PLC0415 - takes seconds to load

    said = dict(work.arguments)
    layer, path = said.pop("layer"), Path(said.pop("path"))
    keep = said.pop("keep", False)
    profile = load_profile(said.pop("profile", None) or Settings().profile)
    since = said.pop("since", None)
    try:
        actor = actor_of(work.database, work.actor)
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


@job_kind("draft_file")
def run_draft_file(work: Work) -> dict[str, Any]:
    """Open a draft from an uploaded file and delete it; the report has the number of the ``plan``.

    ``work.arguments``: ``path``, ``profile`` and the arguments of ``drafts_in.open_from_file``.
    """
    from geodata.exchange.drafts_in import open_from_file  # noqa: PLC0415 - takes seconds to load

    said = dict(work.arguments)
    path = Path(said.pop("path"))
    profile = load_profile(said.pop("profile", None) or Settings().profile)

    def tell(stage: str, share: float) -> bool:
        work.progress(stage, share)
        return work.cancelled()

    try:
        actor = actor_of(work.database, work.actor)
        draft = open_from_file(work.database, actor, profile, path, tell=tell, **said)
    finally:
        path.unlink(missing_ok=True)
    return {"plan": draft.id}
