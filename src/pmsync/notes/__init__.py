"""Meeting notes that round-trip: parse, merge, write. Pure."""
