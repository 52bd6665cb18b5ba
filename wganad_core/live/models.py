"""What is asked of trained models: of images and of windows, of people's own, and of theory."""

from __future__ import annotations

import time
from typing import Any

from numpy.typing import NDArray

from wganad_core.live import protocol
from wganad_core.live.messages import Generated, Judged
from wganad_core.live.own_detectors import OwnDetectors, about, explained
from wganad_core.packing import pack
from wganad_core.panels.panel import Panels

Sent = dict[str, NDArray[Any]]


class Models:
    """Those that were asked for last. Each request takes arrays and keyword arguments and returns
    arrays and JSON."""

    def __init__(self) -> None:
        self.panels = Panels()
        self.own = OwnDetectors()

    def on_judge(self, arrays: Sent, model: dict[str, str], names: list[str]) -> protocol.Message:
        """Judgements of samples x (n, d) by detector. `model`: see `Panels.get`."""
        panel = self.panels.get(**model)
        x = panel.rows(arrays["x"])
        judgements, times = {}, {}
        for name in names or panel.detectors:
            began = time.perf_counter()
            judgements[name] = panel.judge(x, [name])[name]
            times[name] = (time.perf_counter() - began) * 1e3 / max(1, len(x))
        return pack(Judged(judgements, times, panel.view))

    def on_generate(self, arrays: Sent, model: dict[str, str]) -> protocol.Message:
        """G(z) for latents z (n, n_latent)."""
        panel = self.panels.get(**model)
        return pack(Generated(panel.generate(arrays["z"]), panel.view))

    def on_encode(self, arrays: Sent, model: dict[str, str]) -> protocol.Message:
        """E(x) for samples x (n, d)."""
        panel = self.panels.get(**model)
        return {"z": panel.encode(panel.rows(arrays["x"]))}, {}

    def on_theory_fit(self, arrays: Sent, n: int, seed: int) -> protocol.Message:
        """One fit of the 1/√n experiment: JS from the data, and ‖θ̂ − θ̄‖."""
        from wganad_core.theory.study import law_fit  # here: no race shall wait for its half second

        return {}, {"found": law_fit(n, seed)}

    def on_own_about(self, arrays: Sent, path: str) -> protocol.Message:
        """What a saved detector is."""
        return {}, about(self.own.get(path))

    def on_own_explain(self, arrays: Sent, path: str) -> protocol.Message:
        """How a saved detector rebuilds rows x (n, d), and where it fails."""
        return explained(self.own.get(path), arrays["x"]), {}
