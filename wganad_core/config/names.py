"""What models may be asked for: the classes and the protocols of the data sets."""

from __future__ import annotations

# What MNIST's models may be asked for (design.md §4).
DIGITS = tuple("0123456789")
PROTOCOLS = ("80/20", "official")
# And HAR's.
ACTIVITIES = ("walking", "upstairs", "downstairs", "sitting", "standing", "laying")
HAR_PROTOCOLS = ("test", "test+all")
