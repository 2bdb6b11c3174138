"""Open311 GeoReport v2 (wiki.open311.org/GeoReport_v2): how neighbouring systems are joined.

Addresses, fields and errors are the specification's, and XML and JSON say the same; what stands
in them comes from verbs of ``geodata.cases``. Anybody may read what the profile makes public; who
sends needs a key: an API token of a user whose role may report. XML is only written here, never
read. Extensions: pages, ``updated_after`` and ``updated_before``, ``bbox``, ``extensions=true``,
photos as multipart ``media``, and service request updates as FixMyStreet has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apiflask import APIBlueprint

from api.open311 import discovery, problems, reading, requests, services, updates
from api.signing_in import open_to_all

if TYPE_CHECKING:
    from flask import Flask

blueprint = APIBlueprint("open311", __name__, url_prefix="/open311", enable_openapi=False)

_FORM = ".<any(xml, json):form>"
_ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]

for _rule, _view, _methods in (
    (f"/discovery{_FORM}", discovery.discovery, ["GET"]),
    (f"/v2/discovery{_FORM}", discovery.discovery, ["GET"]),
    (f"/v2/services{_FORM}", services.services, ["GET"]),
    (f"/v2/services/<code>{_FORM}", services.definition, ["GET"]),
    (f"/v2/requests{_FORM}", requests.listed, ["GET"]),
    (f"/v2/requests{_FORM}", requests.taken, ["POST"]),
    (f"/v2/requests/<identifier>{_FORM}", requests.one, ["GET"]),
    (f"/v2/tokens/<token>{_FORM}", requests.of_token, ["GET"]),
    (f"/v2/servicerequestupdates{_FORM}", updates.listed, ["GET"]),
    (f"/v2/servicerequestupdates{_FORM}", updates.taken, ["POST"]),
    ("/", problems.nowhere, _ANY),
    ("/<path:address>", problems.nowhere, _ANY),
):
    _name = f"{_view.__module__.rsplit('.', 1)[-1]}_{_view.__name__}{_rule.count('v2')}"
    blueprint.add_url_rule(
        _rule, f"{_name}{_rule.count('path')}", open_to_all(_view), methods=_methods
    )

blueprint.before_request(reading.check_jurisdiction)
problems.join(blueprint)


def join(app: Flask) -> None:
    """Answer ``/open311``."""
    app.register_blueprint(blueprint)
