"""Where a case is that came with an address only: found by its words, or given by hand."""
