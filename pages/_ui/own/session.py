"""The trainings of a tab: the one that runs, what was begun, and what others found."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

from pages._ui.own import tab as own_tab
from pages._ui.own.data import Chosen
from pages._ui.own.outcome import Outcome, collect
from pages._ui.own.plan import Plan
from wganad_core.live.fitting import Fitting

KEPT = 4  # trainings, and as many files scored by a saved detector; of more, the oldest go
EARLY = 2  # orders by which something is of use


@dataclasses.dataclass(frozen=True, eq=False)
class Job:
    """A plan's orders on their way, and the data that they read."""

    plan: Plan
    chosen: Chosen
    fitting: Fitting

    @property
    def folder(self) -> Path:
        return self.fitting.folder

    @property
    def begun(self) -> bool:
        """Whether it has left something to go on from."""
        return not self.plan.model and (self.folder / self.plan.fit.checkpoint).exists()

    @property
    def early(self) -> bool:
        """Whether something is of use already."""
        return self.plan.first is not None and len(self.fitting.results) >= EARLY

    def forget(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclasses.dataclass
class Jobs:
    """`latest` runs or waits, or has ended and is not settled yet; `broken` were cancelled or
    failed, `outcomes` succeeded; both by the data they belong to."""

    latest: Job | None = None
    broken: dict[str, Job] = dataclasses.field(default_factory=dict)
    outcomes: dict[str, Outcome] = dataclasses.field(default_factory=dict)
    seen: Outcome | None = None  # what is of use already

    def glimpse(self, key: str) -> Outcome | None:
        """What the training of these data has found in its first seconds, without networks."""
        job = self.latest
        if job is None or job.plan.key != key or not job.early:
            return None
        if self.seen is None or self.seen.folder != job.folder:
            assert job.plan.first is not None
            self.seen = collect(job.plan.first, job.chosen, job.fitting, EARLY)
        return self.seen

    def found(self, key: str) -> Outcome | None:
        """What was found in these data, or is of use already; it is not the oldest any more."""
        if (outcome := self.outcomes.pop(key, None)) is None:
            return self.glimpse(key)
        self.outcomes[key] = outcome
        return outcome

    @property
    def busy(self) -> bool:
        """Whether a training runs or waits."""
        return self.latest is not None and self.latest.fitting.active

    @property
    def any(self) -> bool:
        return bool(self.latest or self.broken or self.outcomes)

    def begin(self, plan: Plan, chosen: Chosen, *files: Path) -> None:
        """Run a plan with these files, or go on with it where it was broken off. Anything else
        that was begun with the same data is given up."""
        before = self.broken.pop(plan.key, None)
        tab = own_tab.tab()
        if before is not None and before.plan == plan and before.begun:
            fitting = tab.submit(before.folder, plan.whole(), before.fitting.reports)
        else:
            if before is not None:
                before.forget()
            more = [] if chosen.ranges is None else [chosen.ranges.file]
            folder = tab.new_folder(chosen.source.path, *more, *files)
            fitting = tab.submit(folder, plan.whole())
        self.latest = Job(plan, chosen, fitting)

    def cancel(self) -> None:
        if self.latest is not None:
            own_tab.fittings().cancel(self.latest.fitting)

    def settle(self) -> Plan | None:
        """Put the latest job, if it has ended, where it belongs; tell which plan succeeded.

        Raises `StorageError` and `OSError` where what it left cannot be read.
        """
        job = self.latest
        if job is None or job.fitting.active:
            return None
        self.latest = None
        if job.fitting.state != "done":
            self.broken[job.plan.key] = job
            return None
        try:
            outcome = collect(job.plan, job.chosen, job.fitting)
        except BaseException:
            job.forget()
            raise
        self.keep(outcome)
        return job.plan

    def keep(self, outcome: Outcome) -> None:
        """In place of what was found in the same data. A file is scored again in seconds, so it
        takes no detector's room."""
        key, saved = outcome.plan.key, bool(outcome.plan.model)
        self.drop(key)
        self.outcomes[key] = outcome
        alike = [name for name, one in self.outcomes.items() if bool(one.plan.model) == saved]
        for oldest in alike[:-KEPT]:
            self.drop(oldest)

    def drop(self, key: str) -> None:
        """Everything that was found in these data, or begun with them."""
        outcome, job = self.outcomes.pop(key, None), self.broken.pop(key, None)
        if outcome is not None:
            shutil.rmtree(outcome.folder, ignore_errors=True)
        if job is not None:
            job.forget()

    def forget(self, source: str) -> None:
        """All that came of a source of data."""
        for key in (source, f"saved-{source}"):
            if self.latest is not None and self.latest.plan.key == key:
                self.cancel()
                self.latest.forget()
                self.latest = None
            self.drop(key)


def jobs() -> Jobs:
    found: Jobs = own_tab.tab().kept.setdefault("jobs", Jobs())
    return found
