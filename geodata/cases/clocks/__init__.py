"""When a case is due: limits in worked time, pauses, extensions, and who hears that it is late."""
