"""The eyes: views of a catalogue, search over them, look-alikes. Owns no row: SQL is the truth, a view is a cache."""
