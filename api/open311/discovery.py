"""Where the service is, in which forms, and whom to ask for a key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import request

from api.languages import language
from api.open311.answering import Form, answer, moment
from api.serving import profile, settings
from geodata.profiles.loading import file_of
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from flask import Response

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


def discovery(form: Form) -> Response:
    """One endpoint: ours."""
    said = profile.open311
    tongue = language()
    # Services and questions stand in the profile: they change when its file does.
    changed = moment(datetime.fromtimestamp(file_of(settings.profile).stat().st_mtime, UTC))
    contact = said.contact.read(tongue) if said.contact else profile.name.read(tongue)
    key_service = (
        said.key_service.read(tongue)
        if said.key_service
        else translate(_("The administrator gives keys: API tokens of a user."), tongue)
    )
    content = {
        "changeset": changed,
        "contact": contact,
        "key_service": key_service,
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": f"{request.host_url}open311/v2",
                "changeset": changed,
                "type": said.type,
                "formats": ["text/xml", "application/json"],
            }
        ],
    }
    return answer(form, "discovery", content)
