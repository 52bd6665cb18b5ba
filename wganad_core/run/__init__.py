"""Training: the one loop, its observers, its checkpoints, and the runs of use cases."""

from wganad_core.run.checkpoint import Checkpoint
from wganad_core.run.loop import Observer, Run, Stage, device_of, one_thread, train

__all__ = ["Checkpoint", "Observer", "Run", "Stage", "device_of", "one_thread", "train"]
