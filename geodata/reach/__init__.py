"""Who is within how many minutes of a place."""
