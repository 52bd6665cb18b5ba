"""The threshold cockpit's parts."""
