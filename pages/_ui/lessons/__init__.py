"""Lessons that check themselves: files, and the panel that plays them beside a page."""
