"""What browsers are told to forbid, where requests really come from, and forged forms.

The Content-Security-Policy lets a page load from this server only; scripts and style sheets that
stand in the page itself need the nonce of their answer. A basemap's hosts are the only addresses
that settings can add, for pictures.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from flask import Flask, g, request
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect, ValidationError, generate_csrf, validate_csrf
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.middleware.proxy_fix import ProxyFix

from api.serving import settings
from geodata.errors import ForgedRequest

if TYPE_CHECKING:
    from flask import Response

    from geodata.settings import Settings

CSRF_HEADER: Final = "X-CSRF-Token"
LARGEST_BODY: Final = 8_000_000
UPLOADS: Final = "/api/v1/imports"
PHOTOS: Final = re.compile(r"/api/v1/cases/[0-9]+/photos")
LARGEST_PHOTOS: Final = 40_000_000
UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SIGN_IN: Final = frozenset({"/login", "/api/v1/login"})
TIANDITU_HOSTS: Final = "https://*.tianditu.gov.cn"
PERMISSIONS_POLICY: Final = {
    "geolocation": "(self)",
    "fullscreen": "(self)",
    "camera": "(self)",
    "microphone": "()",
    "payment": "()",
    "usb": "()",
    "browsing-topics": "()",
}


def picture_hosts(given: Settings) -> list[str]:
    """Where the configured basemaps' pictures come from."""
    hosts = []
    if given.basemap_url:
        # Leaflet's {s} stands for a subdomain; a CSP host may begin with *. only.
        address = urlsplit(re.sub(r"\{s\}", "*", given.basemap_url))
        if address.netloc:
            host = re.sub(r"^[^.]*[*{][^.]*\.", "*.", address.netloc)
            hosts.append(f"{address.scheme}://{host}")
    if given.tianditu_key is not None:
        hosts.append(TIANDITU_HOSTS)
    return hosts


def content_policy(given: Settings) -> dict[str, str]:
    """The Content-Security-Policy, one line for each kind of content."""
    pictures = " ".join(["'self'", "data:", "blob:", *picture_hosts(given)])
    return {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "style-src-attr": "'unsafe-inline'",  # Leaflet places its panes by style attributes
        "img-src": pictures,
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "frame-ancestors": "'self'",
        "form-action": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
    }


def csrf_token() -> str:
    """The token that this session's writes must carry."""
    return str(generate_csrf())


def refuse_forged() -> None:
    """A write by session cookie must carry the session's token; tokens of the API need none."""
    if request.method not in UNSAFE or g.get("by_token", False):
        return
    if g.get("actor") is None or request.path in SIGN_IN:
        refuse_other_sites()
        return
    given = request.headers.get(CSRF_HEADER) or request.form.get("csrf_token")
    try:
        validate_csrf(given)
    except ValidationError as error:
        raise ForgedRequest(
            "The request lacks this session's token (%(header)s); load the page again.",
            header=CSRF_HEADER,
        ) from error


def allow_uploads() -> None:
    """Who may import may send a large body there, who works on cases photos, nobody else.

    Either costs room on the disk.
    """
    actor = g.get("actor")
    if actor is not None and actor.may("import") and request.path.startswith(UPLOADS):
        request.max_content_length = settings.upload_limit_mb * 1_000_000 + 1_000_000
    elif actor is not None and actor.may("handle_case") and PHOTOS.fullmatch(request.path):
        request.max_content_length = LARGEST_PHOTOS


def refuse_other_content() -> None:
    """A body under /api is JSON or a form with files; a plain form of another site is neither.

    Raises:
        UnsupportedMediaType: It is something else.
    """
    if (
        request.method in UNSAFE
        and request.path.startswith("/api/")
        and (request.content_length or "Transfer-Encoding" in request.headers)
        and not request.is_json
        and request.mimetype != "multipart/form-data"
    ):
        raise UnsupportedMediaType


def refuse_other_sites() -> None:
    """Who signs in has no session yet and so no token: the browser's own word must do.

    Raises:
        ForgedRequest: The browser says that another site sent this.
    """
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in {"same-origin", "none"} or (
        origin is not None and urlsplit(origin).netloc != request.host
    ):
        raise ForgedRequest("This was sent by another site; open the page here.")


def _private(response: Response) -> Response:
    """Nothing of an account stays in a shared cache; nothing is sniffed."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def join(app: Flask, given: Settings) -> None:
    """Set the headers of every answer and the checks of every write."""
    app.secret_key = given.signing_key()
    if given.trusted_proxies:
        count = given.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY  # uploads: see ``allow_uploads``
    app.config["MAX_FORM_MEMORY_SIZE"] = 1_000_000
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # by ``refuse_forged``, once we know who asks
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session
    CSRFProtect(app)
    Talisman(
        app,
        force_https=False,
        session_cookie_secure=False,  # by ``api.sessions``: over TLS, it is
        strict_transport_security_include_subdomains=False,
        content_security_policy=content_policy(given),
        content_security_policy_nonce_in=["script-src", "style-src"],
        referrer_policy="same-origin",
        permissions_policy=PERMISSIONS_POLICY,
        frame_options="SAMEORIGIN",
    )
    app.after_request(_private)
