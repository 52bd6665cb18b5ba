"""Windows of sensors: their signals, recurrence images, scores and recordings."""
