"""The whistle (吹哨报到): several departments called to one case, each with its own clocks."""
