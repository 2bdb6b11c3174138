"""Cases: a problem found, from any source, followed until it is fed back and closed."""
