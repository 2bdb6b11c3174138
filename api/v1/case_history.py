"""What cases were open in a period and in which state at each moment: for playing it back."""

from __future__ import annotations

from typing import Any, Final

from apiflask import APIBlueprint
from flask import Response, request

from api.serving import database, profile
from api.signing_in import current_actor
from api.v1.cases import POINTS_TYPE, Filters
from geodata.accounts import require
from geodata.cases import querying
from geodata.cases.playback import playing_back

blueprint = APIBlueprint("case_history", __name__, url_prefix="/api/v1/cases", tag="Cases")

_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "the columns", "content": {POINTS_TYPE: {}}}
}


@blueprint.get("/history")
@blueprint.input(Filters, location="query")
@blueprint.doc(summary="States of cases over a period", responses=_ANSWER)
def get_history(query_data: Filters) -> Response:
    """Two tables of columns, cases and moments, one behind the other: docs/case-columns.md."""
    actor = current_actor()
    require(actor, "see_map")
    wanted = query_data.wanted()
    tag = querying.version(database, wanted, history=True)
    if request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    else:
        answer = playing_back.history(database, actor, profile, wanted)
        response = Response(answer.plain, mimetype=POINTS_TYPE)
        if request.accept_encodings["gzip"] > 0:
            response = Response(answer.gzipped, mimetype=POINTS_TYPE)
            response.headers["Content-Encoding"] = "gzip"
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept-Encoding, Cookie, Authorization"
    return response
