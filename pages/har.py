"""Windows of a phone's sensors, of which a model has never seen one activity (§6)."""

from __future__ import annotations

from pages._ui import runtime
from pages._ui.case import page
from wganad_core.use_cases import HAR

runtime.run_page(lambda: page.show(HAR))
