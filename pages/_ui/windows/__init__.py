"""The page of movements' parts."""
