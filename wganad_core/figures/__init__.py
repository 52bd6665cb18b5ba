"""Every figure: takes records, returns `plotly.graph_objects.Figure` (or an image)."""
