"""How often one may try to sign in, and report without an account: counters of all processes.

For signing in three limits, by fixed windows (``limits``), counted before the password is looked
at so that parallel tries cannot slip through:

* one account from one address;
* one address, whatever the account: it stops guessing one password for many accounts;
* one account, whatever the address: it stops guessing by many machines. It does not hold for
  addresses from which the account has signed in lately, so that a stranger who keeps it filled
  cannot lock the owner out.

Reports without an account are counted by device and by address; the second is wide, for a mobile
network shows thousands of phones under one address.

The keys are stored as digests; IPv6 addresses count by their /64 network.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from typing import TYPE_CHECKING, Final

import psycopg
import sqlalchemy.exc
from limits import RateLimitItem, parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from geodata.accounts import store
from geodata.errors import TooManyAttempts

if TYPE_CHECKING:
    from geodata.database import Database

BY_ACCOUNT_AND_ADDRESS: Final = parse("10 per 10 minutes")
BY_ADDRESS: Final = parse("60 per 10 minutes")
BY_ACCOUNT: Final = parse("100 per hour")
BY_DEVICE: Final = parse("10 per hour")
BY_DEVICE_A_DAY: Final = parse("30 per day")
BY_REPORTING_ADDRESS: Final = parse("120 per hour")
KNOWN_SECONDS: Final = 30 * 24 * 3600


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class AttemptsStorage(Storage):
    """Counters in the table ``attempts``, for ``limits``."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        """Count in this database."""
        super().__init__()
        self.database = database

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """What may go wrong with this storage."""
        return (psycopg.Error, sqlalchemy.exc.SQLAlchemyError)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; gives the new count of the window that is open."""
        with self.database.begin() as tx:
            return store.count_attempt(tx.connection, _digest(key), amount=amount, seconds=expiry)

    def get(self, key: str) -> int:
        """The count of the window that is open."""
        with self.database.read() as connection:
            return store.attempts_of(connection, _digest(key))[0]

    def get_expiry(self, key: str) -> float:
        """When the open window closes, as a timestamp in seconds."""
        with self.database.read() as connection:
            return store.attempts_of(connection, _digest(key))[1]

    def check(self) -> bool:
        """Whether the storage answers."""
        self.get("")
        return True

    def reset(self) -> int | None:
        """Forget all counters; gives how many there were."""
        with self.database.begin() as tx:
            return store.forget_attempts(tx.connection)

    def clear(self, key: str) -> None:
        """Forget one counter."""
        with self.database.begin() as tx:
            store.forget_attempts(tx.connection, _digest(key))


def network(address: str) -> str:
    """What counts as one address: IPv4 as it is, IPv6 by its /64 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _hit(limiter: FixedWindowRateLimiter, limit: RateLimitItem, key: tuple[str, ...]) -> int:
    """Count; gives how many seconds to wait, 0 if it may be."""
    if limiter.hit(limit, *key):
        return 0
    return max(1, math.ceil(limiter.get_window_stats(limit, *key).reset_time - time.time()))


def count_report(database: Database, *, device: str, address: str) -> None:
    """Count a report of somebody without an account.

    Args:
        database: Where.
        device: What the server knows the device by; empty for one that keeps nothing: those of
            one address count as one device.
        address: Of the network, where the request comes from.

    Raises:
        TooManyAttempts: Too many, by the device or by the address.
    """
    limiter = FixedWindowRateLimiter(AttemptsStorage(database))
    come_from = network(address)
    known_by = ("device", device) if device else ("device-at", come_from)
    for limit, key in (
        (BY_DEVICE, known_by),
        (BY_DEVICE_A_DAY, known_by),
        (BY_REPORTING_ADDRESS, ("reports-from", come_from)),
    ):
        seconds = _hit(limiter, limit, key)
        if seconds:
            raise TooManyAttempts(
                "So many reports came from here that the next one must wait %(minutes)s minutes. "
                "In danger call 110, 119 or 120; for all else 12345.",
                minutes=-(-seconds // 60),
                seconds=seconds,
            )


class Throttle:
    """The counters of one try to sign in."""

    def __init__(self, database: Database, *, name: str, address: str) -> None:
        """Count tries for the account ``name`` from ``address``."""
        self.storage = AttemptsStorage(database)
        self.limiter = FixedWindowRateLimiter(self.storage)
        self.account = name.casefold()
        self.address = network(address)
        self.just_closed = False
        self._known = f"known/{self.account}/{self.address}"

    def _limits(self) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        limits: list[tuple[RateLimitItem, tuple[str, ...]]] = [
            (BY_ACCOUNT_AND_ADDRESS, ("pair", self.account, self.address)),
            (BY_ADDRESS, ("address", self.address)),
        ]
        if not self.storage.get(self._known):
            limits.append((BY_ACCOUNT, ("account", self.account)))
        return limits

    def count(self) -> None:
        """Count one try; raises TooManyAttempts with the seconds to wait."""
        for limit, key in self._limits():
            seconds = _hit(self.limiter, limit, key)
            if seconds:
                self.just_closed = self.storage.get(limit.key_for(*key)) == limit.amount + 1
                raise TooManyAttempts(
                    "Too many attempts to sign in; try again in %(seconds)s seconds.",
                    seconds=seconds,
                )

    def forgive(self) -> None:
        """After a success: the account starts anew, the address gets this try back."""
        self.limiter.clear(BY_ACCOUNT_AND_ADDRESS, "pair", self.account, self.address)
        self.limiter.clear(BY_ACCOUNT, "account", self.account)
        self.storage.incr(
            BY_ADDRESS.key_for("address", self.address), BY_ADDRESS.get_expiry(), amount=-1
        )
        self.storage.clear(self._known)
        self.storage.incr(self._known, KNOWN_SECONDS)
