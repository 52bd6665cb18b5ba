"""What the cockpit calls detectors, models and anomalies, and what the detectors do."""

from __future__ import annotations

from pages._ui.digits import data as digits_data
from pages._ui.windows import data as windows_data
from wganad_core import pretrained, use_cases

NOUNS = {"mnist": "images", "har": "windows", "mixture": "points", "own": "samples"}
RUNS = {
    **{name: use_cases.METHOD_NAMES[name] for name in pretrained.RACE_RUNS},
    pretrained.PAPER_RUNS[-1]: "WGAN-GP, λ = 10",
}

# People's names by those of the exchange format, in the order in which they are offered.
PLANE = {
    "critic": "Critic",
    "critic-interval": "Interval",
    "generator": "Distance to the generator",
    "density": "True density",
}
PYOD = {"pyod-vae": "PyOD VAE", "pyod-deepsvdd": "PyOD Deep SVDD"}
DETECTORS = {
    "mnist": {**digits_data.DETECTORS, **digits_data.BASELINES, **PYOD},
    "har": {**windows_data.DETECTORS, **windows_data.BASELINES, **PYOD},
    "mixture": PLANE,
}
_WINDOW_BASELINES = {
    "knn": "Distance to the nearest normal windows, all nine signals",
    "knn-total": "The same on the three signals of total acceleration",
    "knn-spectra": "The same on the signals' spectra, which do not tell when in the window",
    "pca-total": "What is left of total acceleration after its principal components",
}
_IMAGE_BASELINES = {
    "knn": "Distance to the nearest normal images, pixel by pixel",
    "pca": "What is left of an image after its principal components",
    "iforest": "How quickly random cuts isolate an image",
    "pyod-vae": "The library PyOD's variational autoencoder",
    "pyod-deepsvdd": "The library PyOD's Deep SVDD",
}
MEANINGS = {
    "mnist": {**digits_data.MEANINGS, **_IMAGE_BASELINES},
    "har": {**windows_data.MEANINGS, **_WINDOW_BASELINES},
    "mixture": {
        "critic": "Minus the critic's output (§5.1)",
        "critic-interval": "Distance of the critic's output from its range in training (§5.1)",
        "generator": "Distance to the nearest of 100,000 generated points",
        "density": "Minus the logarithm of the density that the points come from",
    },
}


def words(case: str, abnormal: str, model: str) -> tuple[str, str]:
    """The title of a source, and what its anomalies are called."""
    if case == "mnist":
        return f"digit {abnormal} unseen", f"images of {digits_data.an(abnormal)}"
    if case == "har":
        doing = windows_data.doing(abnormal)
        return f"{doing} unseen", f"windows of somebody {doing}"
    return f"ring, {RUNS.get(model, model)}", "points outside 3σ of every mode"
