"""Any period of the past again, with the state that each case had at each moment."""
