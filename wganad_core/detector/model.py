"""What a fit leaves behind, and the score that is made of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from wganad_core.config import AnyNetworkConfig, NetworkConfig, RuleConfig
from wganad_core.detector.preparation import Preparation
from wganad_core.detector.scaler import Scaler
from wganad_core.detector.settings import Settings, needs_of
from wganad_core.methods import Bundle, Score, score_methods, trained_modules
from wganad_core.methods.critic import critic_range
from wganad_core.methods.fitting import fit_rules
from wganad_core.methods.local import NAME as LOCAL
from wganad_core.methods.local import fit_local
from wganad_core.methods.plain import fit_plain
from wganad_core.records import FittedRules, FloatArray

# The pieces of evidence that are joined, by kind of networks. How those for rows were chosen is
# told in `estimator`, those for images in `images`.
OURS: dict[str, dict[str, tuple[str, ...]]] = {
    "dense": {
        "ours": ("near-axes/axes", "residual/axes"),
        "ours-wgan": ("residual", "izi"),
    },
    "image": {
        "ours": ("critic", "relative", "near-encoder", "near-critic"),
        "ours-wgan": ("critic", "relative", "izi"),
    },
    "image with features": {"ours": ("near-shifted", "near-projected", "shift")},
}
N_PEERS = 50  # nearest normals among which evidence is to be unusual


@dataclasses.dataclass(frozen=True)
class FittedModel:
    """Everything that turns rows (n, d) into scores.

    `weights` are named as `Networks.arrays` names them; `fitted` is what the score method needs
    besides networks; `preparation` comes first: None where rows are features, as in older files.
    """

    score_method: str
    network: AnyNetworkConfig
    scaler: Scaler
    weights: Mapping[str, NDArray[Any]]
    fitted: FittedRules | None = None
    preparation: Preparation | None = None

    def bundle(self, double: bool = True) -> Bundle:
        """Fresh networks with these weights. Dense ones calculate in `double` precision, in which
        a row's score hardly depends on the rows that are scored with it."""
        methods = [*needs_of(self.score_method), *(["contrast"] if self.has_features else [])]
        networks = {
            method: trained_modules(method, self.network, self.weights) for method in methods
        }
        found = Bundle(self.network, networks, self.fitted, redraw=True)
        return found.double() if double and isinstance(self.network, NetworkConfig) else found

    @property
    def has_features(self) -> bool:
        """Whether contrastive features are among what was learned."""
        return any(name.startswith("features.") for name in self.weights)

    def score(self, double: bool = True) -> Score:
        """Judges standardised rows. Raises `ValueError` where something is missing."""
        detector, bundle = score_methods()[self.score_method], self.bundle(double)
        if not detector.wants(bundle):
            raise ValueError(f"score_method={self.score_method!r} lacks what it is made of")
        return detector.make(bundle)


def fitted_model(
    settings: Settings,
    scaler: Scaler,
    weights: Mapping[str, NDArray[Any]],
    fit: FloatArray,
    validation: FloatArray,
    *,
    preparation: Preparation | None = None,
) -> FittedModel:
    """The model of trained weights: what else its score method needs is measured on standardised
    rows, neighbours on those of the fit part, the scale of each evidence on validation rows."""
    method = settings.score_method
    model = FittedModel(method, settings.network, scaler, weights, None, preparation)
    bundle = model.bundle()
    fitted = FittedRules()
    if not needs_of(method):
        seed = settings.training.seed
        if method == LOCAL:
            plain = fit_local(fit, settings.network, settings.n_references, seed)
        else:
            plain = fit_plain(method, fit, settings.n_references, settings.n_neighbours, seed)
        fitted = FittedRules(plain=plain)
    elif method in OURS["dense"]:
        kind = "dense" if isinstance(settings.network, NetworkConfig) else "image"
        kind += " with features" if model.has_features else ""
        config = RuleConfig(
            rules={method: OURS[kind][method]},
            join="logs" if model.has_features else "mean",
            k=settings.n_neighbours,
            n_references=settings.n_references,
            n_peers=N_PEERS,
            bits=32,
        )
        fitted = fit_rules(bundle, config, fit, validation, seed=settings.training.seed)
    elif bundle.has("wgan-gp"):
        low, high = critic_range(bundle.part("critic"), fit)
        # The two rows at the ends lie inside, however they are rounded.
        margin = 1e-6 * max(abs(low), abs(high))
        fitted = FittedRules(critic_range=(low - margin, high + margin))
    return dataclasses.replace(model, fitted=fitted)
