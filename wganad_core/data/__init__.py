"""Data sets: arrays in, arrays out, no torch."""


class DataError(ValueError):
    """Data cannot be used. The message says what was expected, what was found, what to do."""
