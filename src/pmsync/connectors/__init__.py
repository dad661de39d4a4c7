"""The only rooms that know a tracker: one folder each, behind one interface."""
