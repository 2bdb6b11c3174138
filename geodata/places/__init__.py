"""Areas in levels, grids, compounds, buildings, facilities and streets, each with its past."""
