"""The drill: an import under two hundred faults, and what must hold at its end. `make drill` runs it."""
