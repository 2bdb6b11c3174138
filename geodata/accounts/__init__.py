"""Who may do what: users, roles, areas of duty, tokens, sessions and the audit trail.

A verb of any room starts with ``require(actor, permission, …)`` and writes one ``record(…)`` in
the transaction of its change. What a role may do stands in one table, ``PERMISSIONS``. Secrets
(passwords, session identifiers, tokens) are stored only as digests.
"""

from __future__ import annotations

from geodata.accounts.audit import record
from geodata.accounts.permissions import PERMISSIONS, ROLES, Actor, require

__all__ = ["PERMISSIONS", "ROLES", "Actor", "record", "require"]
