"""Every refusal of the system is a small named class.

A message is an English sentence that says what happened and names the mend. It is also the key
of its translation: values go in as named ``%(value)s`` placeholders and stay in ``params`` so
that the terminal and the API can say the same sentence in the user's language.
"""

from __future__ import annotations

from typing import Any


class WanggeError(Exception):
    """A refusal that a user can read. ``kind`` is stable and becomes the problem's ``type``.

    ``members`` is what programs are told beside the sentence, such as the key of its reason.
    """

    kind = "error"

    def __init__(self, message: str, **params: Any) -> None:
        self.message = message
        self.params = params
        self.members: dict[str, Any] = {}
        super().__init__(message % params if params else message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Come over from another process as it is, whatever the class wants to be made from."""
        return _as_it_was, (type(self), self.args, self.__dict__)


def _as_it_was(
    kind: type[WanggeError], args: tuple[str], attributes: dict[str, Any]
) -> WanggeError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class InvalidInput(WanggeError):
    """What was asked makes no sense (HTTP 400)."""

    kind = "invalid-input"


class InvalidProfile(InvalidInput):
    """A city's profile does not hold together; the message names file, key and mend."""

    kind = "invalid-profile"


class SignInNeeded(WanggeError):
    """Nobody is signed in, or the token is unknown (HTTP 401)."""

    kind = "sign-in-needed"


class NotAllowed(WanggeError):
    """The role or the area of duty does not reach this far (HTTP 403)."""

    kind = "not-allowed"


class WrongPassword(SignInNeeded):
    """The name and the password do not belong together (HTTP 401)."""

    kind = "wrong-password"


class ForgedRequest(NotAllowed):
    """A write without the session's token: from another site, or from an old page (HTTP 403)."""

    kind = "csrf"


class NotFound(WanggeError):
    """No such layer, record, job (HTTP 404)."""

    kind = "not-found"


class Conflict(WanggeError):
    """Somebody else was faster, or the state does not permit it (HTTP 409)."""

    kind = "conflict"


class StaleRevision(WanggeError):
    """The change was made against an older revision (HTTP 412)."""

    kind = "stale-revision"


class RevisionNeeded(WanggeError):
    """A change that does not say which revision it was made against (HTTP 428)."""

    kind = "revision-needed"


class TooLarge(WanggeError):
    """A file or an answer beyond what the settings permit (HTTP 413)."""

    kind = "too-large"


class TooManyAttempts(WanggeError):
    """Throttled (HTTP 429); ``params['seconds']`` says how long to wait."""

    kind = "too-many-attempts"


class Unavailable(WanggeError):
    """The database or the disk does not answer right now (HTTP 503)."""

    kind = "unavailable"


class SetUpIncomplete(WanggeError):
    """A system package, an extension or a right is missing; the message says how to mend it."""

    kind = "set-up-incomplete"


class Cancelled(WanggeError):
    """Long work was stopped by the user; nothing of it was kept."""

    kind = "cancelled"
