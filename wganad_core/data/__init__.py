"""Data sets: arrays in, arrays out, no torch."""
