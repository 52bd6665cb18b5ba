"""Pictures of §3.2 and §3.3: threads between clouds, the three errors."""
