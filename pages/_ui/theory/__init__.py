"""The parts of the page `theory`."""
