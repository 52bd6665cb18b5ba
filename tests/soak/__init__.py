"""Long runs that try to wear the app out; each is one command, with the figures to expect."""
