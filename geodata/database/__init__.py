"""Engine, embedded PostGIS, transactions, migrations, bulk COPY, change feed and jobs."""
