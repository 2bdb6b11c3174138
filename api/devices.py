"""By what a device without an account is known again: a signed cookie, for counting its reports.

It holds a random name and nothing of the device or of who uses it. A device that keeps no cookies
counts together with the others of its address.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

if TYPE_CHECKING:
    from flask import Response

COOKIE: Final = "wangge_device"
SECONDS: Final = 365 * 24 * 3600


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="wangge-device")


def known_device() -> str:
    """The name that this request's device was given; empty: none, or one that is not ours."""
    try:
        name = _signer().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return ""
    return name if isinstance(name, str) else ""


def name_device(response: Response) -> Response:
    """Give the device a name with this answer, unless it has one."""
    if not known_device():
        response.set_cookie(
            COOKIE,
            str(_signer().dumps(secrets.token_urlsafe(12))),
            max_age=SECONDS,
            path="/api/v1/reports",
            httponly=True,
            samesite="Strict",
            secure=request.is_secure,
        )
    return response
