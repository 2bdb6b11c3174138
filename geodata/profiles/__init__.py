"""A city's way of working as one readable file, checked when loaded."""
