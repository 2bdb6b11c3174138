"""HTTP in and out: read the request, call one verb of geodata, answer."""
