"""Our detectors: the mean of several pieces of evidence, each in the units of normal spread."""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn

from wganad_core.methods.bundle import Bundle
from wganad_core.methods.evidence import (
    Evidence,
    base_of,
    joinable,
    lacks,
    spaces_of,
    unknown,
)
from wganad_core.methods.registry import scores
from wganad_core.methods.score import Score, Verdict
from wganad_core.records import Normals, Rule

RULES = ("ours", "ours-wgan", "ours-others")
TOGETHER = "ours-together"


def _has_rule(name: str, bundle: Bundle) -> bool:
    fitted = bundle.fitted
    if fitted is None or name not in fitted.rules:
        return False
    return not lacks(fitted.rules[name].names, bundle, fitted.axes)


class OursScore(Score):
    """A rule as a detector; terms are the pieces' shares."""

    def __init__(self, bundle: Bundle, name: str) -> None:
        super().__init__(bundle)
        fitted = bundle.fitted
        if fitted is None or fitted.normals is None or name not in fitted.rules:
            raise ValueError(f"{name} lacks what it is made of")
        self.rule = fitted.rules[name]
        _check_complete(self.rule, fitted.normals)
        self.evidence = Evidence(bundle, fitted.normals, self.rule.names, fitted.axes)
        self.n_references = self.evidence.n_references

    @property
    def takes_contrast(self) -> bool:
        return self.evidence.spaces.contrast is not None

    def forward(self, x: Tensor) -> Verdict:
        found, rebuilt = self.evidence(x)
        rule = self.rule
        terms = {
            name: rule.share(name, joinable(rule.join, name, value))
            for name, value in found.items()
        }
        return Verdict(torch.stack(list(terms.values())).sum(dim=0), terms, rebuilt)

    def why_not_exported(self) -> str:
        exported = {"latents", "encoder", "critic", "shifted", "projected", "axes"}
        odd = sorted(spaces_of(self.rule.names) - exported)
        return f"takes {', '.join(odd)} of windows" if odd else ""


def _all_have(name: str, bundle: Bundle) -> bool:
    members = (bundle, *bundle.others)
    return len(members) > 1 and all(_has_rule(name, member) for member in members)


@scores(
    TOGETHER,
    needs=["wgan-gp", "encoder"],
    score_method=False,
    wants=functools.partial(_all_have, RULES[0]),
)
class TogetherScore(Score):
    """The mean of what the rule `ours` says with the networks of several seeds."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        scores_of = [OursScore(member, RULES[0]) for member in (bundle, *bundle.others)]
        self.members = nn.ModuleList(scores_of)
        self.n_references = sum(score.n_references for score in scores_of)

    def forward(self, x: Tensor) -> Verdict:
        said: list[Verdict] = [member(x) for member in self.members]
        score = torch.stack([verdict.score for verdict in said]).mean(dim=0)
        terms = {
            name: torch.stack([verdict.terms[name] for verdict in said]).mean(dim=0)
            for name in said[0].terms
        }
        return Verdict(score, terms, said[0].reconstruction)

    def why_not_exported(self) -> str:
        return "joins the networks of several seeds"


for _name in RULES:
    scores(
        _name,
        needs=["wgan-gp", "encoder"],
        score_method=_name if _name != "ours-others" else False,
        wants=functools.partial(_has_rule, _name),
        make=functools.partial(OursScore, name=_name),
    )(OursScore)


def _check_complete(rule: Rule, normals: Normals) -> None:
    if odd := unknown(rule.names):
        raise ValueError(f"there is no evidence {', '.join(odd)}")
    relative = {base_of(name) for name in rule.names if "/" in name}
    lacking = spaces_of(rule.names) - normals.points.keys()
    lacking |= relative - normals.levels.keys()
    if lacking:
        raise ValueError(f"its normals lack {', '.join(sorted(lacking))}")
