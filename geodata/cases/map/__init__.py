"""Cases on the map: tiles exact at every zoom, roll-ups, points as columns, features in pages."""
