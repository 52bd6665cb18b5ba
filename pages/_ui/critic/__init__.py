"""The critic page's parts."""
