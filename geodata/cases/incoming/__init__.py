"""How cases come in: one by one from people and other systems, or by the hundred thousand."""
