"""Pictures of §3.2 and §3.3: densities on a line, threads between clouds, the three errors."""
