"""Measurements: run by hand, not collected by pytest, because they say how fast and not whether."""
