"""Remarks on drafts, written anew by those who wrote them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint

from api.serving import database
from api.signing_in import current_actor
from api.v1.plan_answers import revision_seen
from api.v1.plan_bodies import Remarks, RemarkWords
from geodata.errors import RevisionNeeded
from geodata.plans import remarking

blueprint = APIBlueprint("plan_remarks", __name__, url_prefix="/api/v1/plans", tag="Plans")


@blueprint.patch("/<int:number>/comments/<int:comment>")
@blueprint.input(RemarkWords)
@blueprint.output(Remarks)
@blueprint.doc(summary="Change the words of one's own remark", responses=[400, 401, 403, 404])
def edit_comment(number: int, comment: int, json_data: RemarkWords) -> Any:
    """With `If-Match: "VERSION"` of the remark; of an older version 412 tells what it says now."""
    version = revision_seen()
    if version is None:
        raise RevisionNeeded("Say which version you saw, in the header If-Match.")
    actor = current_actor()
    remarking.edit(database, actor, number, comment, json_data.words, version=version)
    return {"comments": [asdict(one) for one in remarking.comments(database, actor, number)]}
