"""Engine, embedded PostGIS, transactions, migrations, bulk COPY, change feed and jobs.

The ground that the rooms stand on: it knows connections and tables but no rule of the field.
Whatever is written goes through ``Database.begin()``, whose end raises the changed layers'
versions, writes the change feed and notifies, all in the transaction of the change itself.
"""

from __future__ import annotations

from geodata.database.cluster import EmbeddedCluster
from geodata.database.engine import Database, Transaction, open_database

__all__ = ["Database", "EmbeddedCluster", "Transaction", "open_database"]
