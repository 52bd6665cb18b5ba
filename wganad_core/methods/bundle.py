"""What trainings and fits leave behind: the material of every detector."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping

from torch import nn

from wganad_core.config import AnyNetworkConfig
from wganad_core.records import FittedRules


@dataclasses.dataclass(frozen=True)
class Bundle:
    """Networks by the method that trained them, and what was fitted to normals besides.

    `networks` holds for each method the parts that it trained; `config` are the sizes of the
    WGAN-GP's. `channels` names the parts of equal length that a sample consists of (the signals of
    a window), whose residuals are told apart. `windows`: whether samples are rows of the view
    `signals`, which descriptors need. `others`: the same of further seeds, fitted each by itself.
    `redraw`: whether rules tell G(E(x)) of a sample also where no evidence looks at it.
    """

    config: AnyNetworkConfig
    networks: Mapping[str, Mapping[str, nn.Module]]
    fitted: FittedRules | None = None
    channels: tuple[str, ...] = ()
    windows: bool = False
    others: tuple[Bundle, ...] = ()
    redraw: bool = False

    def part(self, name: str, method: str = "wgan-gp") -> nn.Module:
        """One network."""
        return self.networks[method][name]

    def chain(self, name: str, method: str = "wgan-gp") -> nn.Sequential:
        """One network as a sequence of layers, whose hidden layers can be read."""
        network = self.networks[method][name]
        assert isinstance(network, nn.Sequential)
        return network

    def has(self, *methods: str) -> bool:
        return all(method in self.networks for method in methods)

    def double(self) -> Bundle:
        """A copy that calculates in double precision."""
        networks = {
            method: {name: copy.deepcopy(network).double() for name, network in parts.items()}
            for method, parts in self.networks.items()
        }
        others = tuple(other.double() for other in self.others)
        return dataclasses.replace(self, networks=networks, others=others)
