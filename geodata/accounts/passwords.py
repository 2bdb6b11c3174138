"""Passwords: argon2id, and a few rules that people can read."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from geodata.errors import InvalidInput

SHORTEST: Final = 10
LONGEST: Final = 200

# OWASP's second choice for argon2id (19 MiB, 2 passes, 1 lane): a server that signs in a hundred
# people at once at eight in the morning must not need gigabytes for it.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# Those of the well-known lists that are long enough to pass the first rule.
_TOO_WELL_KNOWN: Final = frozenset(
    # One string with spaces is easier to read and to extend than a list of literals.
    """
    0123456789 1234567890 0987654321 9876543210 12345678910 1234567890a a1234567890
    123456789a a123456789 aa123456789 aa12345678 1q2w3e4r5t 1qaz2wsx3edc qwertyuiop
    qwerty12345 qwer123456 asdfghjkl1 zxcvbnm123 password12 password123 password1234
    passw0rd123 p@ssw0rd123 admin12345 admin123456 administrator root123456 test123456
    welcome123 welcome1234 iloveyou12 iloveyou123 woaini1314 woaini520520 woaini1314520
    5201314520 1314520520 abcdefghij abcd123456 abc1234567 abc123456789 letmein123
    letmein1234 changeme123 wangge12345 wangge123456 linyi123456
    """.split()  # noqa: SIM905
)


def normalise(password: str) -> str:
    """The same characters, however the keyboard put them together (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check_new(password: str, *, name: str) -> None:
    """Raise InvalidInput, with the mend, for a password that is too easy for ``name``."""
    plain = normalise(password).casefold()
    if len(plain) < SHORTEST:
        raise InvalidInput(
            "The password is too short; use at least %(length)s characters.", length=SHORTEST
        )
    if len(plain) > LONGEST:
        raise InvalidInput(
            "The password is too long; use at most %(length)s characters.", length=LONGEST
        )
    if plain.replace(name.casefold(), "").strip("0123456789!@#._- ") == "":
        raise InvalidInput("The password is the name or only figures; choose another.")
    if plain in _TOO_WELL_KNOWN or len(set(plain)) < 4:
        raise InvalidInput("The password is on the list of well-known ones; choose another.")


def digest(password: str) -> str:
    """What is stored of a password (argon2id with its own salt)."""
    return _HASHER.hash(normalise(password))


@cache
def _nobodys_digest() -> str:
    """Something to compare with when there is no such user."""
    return digest(secrets.token_urlsafe(16))


def fits(password: str, stored: str | None) -> bool:
    """Whether ``password`` belongs to ``stored``; takes as long when there is nothing stored."""
    plain = normalise(password[: 10 * LONGEST])
    try:
        _HASHER.verify(stored or _nobodys_digest(), plain[: LONGEST + 1])
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the digest was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def invent() -> str:
    """A password that nobody will guess and that can be typed: five groups of four."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))
