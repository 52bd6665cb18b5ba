"""Digits that a model has never seen: how they come back, and who notices (§5)."""

from __future__ import annotations

from pages._ui import runtime
from pages._ui.case import page
from wganad_core.use_cases import MNIST

runtime.run_page(lambda: page.show(MNIST))
