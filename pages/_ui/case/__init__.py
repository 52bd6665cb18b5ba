"""The parts of the pages of use cases: one set, with inserts by the shape of a sample."""
