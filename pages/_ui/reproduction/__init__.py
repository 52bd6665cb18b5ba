"""The parts of the reproduction page."""
