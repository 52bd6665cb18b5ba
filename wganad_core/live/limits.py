"""How much memory and time a process may take that works on a stranger's file."""

from __future__ import annotations

import os
from pathlib import Path

STATUS = Path("/proc/self/statm")
# What PyTorch's and C++'s allocators call it; NumPy, Arrow and Python raise `MemoryError`.
NO_MEMORY = ("can't allocate memory", "not enough memory", "bad_alloc", "bad allocation")


def bound(memory: int, seconds: int | None = None) -> None:
    """Refuse this process more than `memory` bytes beyond what it has now (`MemoryError`), and end
    it (SIGXCPU) after so many seconds of work. Does nothing where a system cannot.

    What counts is private memory that may be written (RLIMIT_DATA). Of the address space
    (RLIMIT_AS), libraries, files mapped and what allocators only reserve take most, and how much
    differs from machine to machine; watching the resident memory from outside would be too late:
    an array of 4 GB is there in half a second.
    """
    try:
        import resource

        taken = int(STATUS.read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except (ImportError, OSError, IndexError, ValueError):  # no Linux
        return
    _lower(resource.RLIMIT_DATA, taken + memory)
    if seconds is not None:
        _lower(resource.RLIMIT_CPU, seconds)


def _lower(which: int, most: int) -> None:
    """Never above what is set already, as by who runs the server."""
    import resource

    soft, hard = resource.getrlimit(which)
    known = [limit for limit in (soft, most) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(which, (min(known), hard))


def is_out_of_memory(problem: BaseException | None) -> bool:
    """Whether what went wrong was that there is no more memory to have."""
    while problem is not None:
        words = str(problem).lower()
        if isinstance(problem, MemoryError) or any(words.count(said) for said in NO_MEMORY):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
