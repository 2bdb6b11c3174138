"""Hotspots of the cases in the database: read as arrays, and kept until the data change."""
