"""What the paper proves in §3.2 and §3.3, as numbers: on a line, between clouds, on the plane.

Everything but `fits` knows no torch: pages compute with it while a slider moves. What takes longer
is measured by `study theory` and ships (`theory.shipped`).
"""
