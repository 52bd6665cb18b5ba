"""The race's parts."""
