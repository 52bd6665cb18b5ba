"""The page of digits' parts."""
