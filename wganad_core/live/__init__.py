"""Live training: races, the worker process that runs them, and the server's side of its pipe."""
