"""The diagram of a step."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from wganad_core.figures import trace
from wganad_core.figures.flow import BACK, LIT, NODES, WAYS, flow_svg


@pytest.mark.parametrize("stage", range(len(trace.STAGES)))
def test_what_a_stage_is_about_is_lit(stage: int) -> None:
    drawn = ElementTree.fromstring(flow_svg("wgan-gp", stage))
    lit = [group for group in drawn if "lit" in group.get("class", "").split()]
    assert len(lit) == len(LIT[stage])
    words = {text.text for group in lit for text in group.findall("text")}
    assert words == {name for name in LIT[stage] if name in NODES}
    assert len(drawn) == len(NODES) + len(WAYS) - len([w for w in BACK if w not in LIT[stage]])


def test_a_vanilla_gans_critic_is_a_discriminator() -> None:
    texts = [text.text for text in ElementTree.fromstring(flow_svg("gan", 0)).iter("text")]
    assert "D" in texts
    assert "f" not in texts
