"""Scoring on a Dask cluster. Chunks travel to the workers inside their tasks, so no file system is
shared, and Dask runs again what a lost worker had."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from wganad_core.jobs import Refused, engines

if TYPE_CHECKING:
    from wganad_core.jobs.engines import Scorable, Values

S = TypeVar("S", bound="Scorable")

PATIENCE = 15  # seconds for a scheduler to answer and for a first worker


def on_cluster(
    detector: Any,
    chunks: Iterable[S],
    scheduler: str | None = None,
    say: Callable[[str], object] = lambda sentence: None,
) -> Generator[tuple[S, Values]]:
    """Every chunk with its scores, in order, as `engines.in_threads` gives them.

    `scheduler` is the address of a cluster; None: the one that Dask's own settings name
    (DASK_SCHEDULER_ADDRESS), else worker processes on this machine. Raises `Refused` when Dask is
    not installed or the cluster fails.
    """
    try:
        import dask
        import distributed
    except ImportError as error:
        raise Refused(
            "--engine dask needs Dask, which is not installed here; "
            "`pip install dask distributed` adds it."
        ) from error
    address = scheduler or dask.config.get("scheduler-address", None)
    # Chunks are meant to be large. A lost worker's chunk is scored by another one.
    quiet = {"distributed.admin.large-graph-warning-threshold": "1GB"}
    with (
        dask.config.set(quiet),
        _silent(),
        _connected(distributed, address, say) as client,
        _in_words(distributed),
    ):
        _check_versions(client)
        # A task like any other, so that Dask computes it again when all who have it are lost.
        there = client.submit(_itself, detector, pure=False)
        yield from engines.in_order(
            lambda x: client.submit(engines.score, there, x, pure=False),
            chunks,
            lambda: 2 * sum(client.nthreads().values()) + 1,
        )


def _itself(detector: Any) -> Any:
    return detector


def _check_versions(client: Any) -> None:
    """Refuse workers that score otherwise, or not at all."""
    from wganad_core.detector import saved

    here = saved.versions()
    try:
        found = client.run(saved.versions)
    except (ImportError, AttributeError) as error:
        raise _other_version(error) from error
    for worker, there in found.items():
        for name in here.keys() - {"python"}:
            if there.get(name) != here[name]:
                raise Refused(
                    f"The Dask worker {worker} has {name} {there.get(name)}, this process "
                    f"{here[name]}; install the same version there, or scores might differ."
                )


def _other_version(error: Exception) -> Refused:
    return Refused(
        f"A Dask worker cannot score ({error}); install the same version of this project there."
    )


@contextlib.contextmanager
def _connected(
    distributed: Any, address: str | None, say: Callable[[str], object]
) -> Iterator[Any]:
    """A client of the cluster at this address, or of one on this machine while it is used."""
    try:
        if address:
            client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
        else:
            client = distributed.Client(
                threads_per_worker=1, dashboard_address=":0", set_as_default=False
            )
    except (OSError, ValueError, RuntimeError) as error:
        raise Refused(
            f"No Dask scheduler answers at {address or 'this machine'} ({error}); start "
            "one with `dask scheduler`, or check the address."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise Refused(
                f"The Dask scheduler at {client.scheduler.address} has no workers; start some with "
                f"`dask worker {client.scheduler.address}`."
            ) from error
        n = len(client.nthreads())
        say(f"Scoring on {n} Dask worker{'s' * (n > 1)} of {client.scheduler.address}.")
        yield client


@contextlib.contextmanager
def _in_words(distributed: Any) -> Iterator[None]:
    """What can go wrong with a cluster, in a sentence; in a scoring itself, as it is."""
    try:
        yield
    except ImportError as error:
        raise _other_version(error) from error
    except distributed.KilledWorker as error:
        raise Refused(
            f"One chunk of rows was lost with {error.allowed_failures + 1} Dask workers in turn, "
            "so it is likely what ends them; give them more memory."
        ) from error
    except (distributed.CancelledError, OSError, TimeoutError) as error:
        raise Refused(
            "The connection to the Dask scheduler was lost; check it and run the same command "
            "again."
        ) from error


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Dask logs with tracebacks what it then survives, or what is told in a sentence here."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
