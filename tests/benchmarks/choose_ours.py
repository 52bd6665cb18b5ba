"""How our detector's rule was chosen, before any MNIST test score was computed (design.md §4).

    python -m tests.benchmarks.choose_ours [--digits 0123456789] [--share 0.6] [--json OUT]

Another data set with its labels: scikit-learn's 1,797 digits of 8 × 8, drawn as MNIST draws (20 ×
20 pixels inside 28 × 28), one class left out in turn. WGAN-GP, its encoder and the contrastive
features are trained on 70 % of the normals with shortened recipes; evidence is standardised on
10 %; 20 % and the class left out are the test. The criterion is the mean AUPRC over the classes of
the mean of some evidence, at k = 3 neighbours; simpler rules win ties within 0.2 points.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import zoom
from sklearn.datasets import load_digits
from sklearn.metrics import average_precision_score

from wganad_core.config import ImageConfig, Method
from wganad_core.records import FloatArray, Rule
from wganad_core.runs import ModelRun, Task
from wganad_core.scoring.evidence import Sources, evidence
from wganad_core.use_cases import MNIST_RECIPES

K = 3
STEPS: dict[Method, int] = {"wgan-gp": 1500, "encoder": 1000, "features": 600}
TIE = 0.002
Found = dict[str, FloatArray]


def drawn() -> tuple[FloatArray, np.ndarray]:
    """The 8 × 8 digits as rows of 784 in [0, 1], and their labels."""
    digits = load_digits()
    images = np.zeros((len(digits.images), 28, 28), np.float32)
    for image, small in zip(images, digits.images / 16, strict=True):
        image[4:24, 4:24] = zoom(small, 2.5, order=1).clip(0, 1)
    return images.reshape(len(images), -1), digits.target


def evidence_without(digit: int, share: float) -> tuple[Found, Found, np.ndarray]:
    """Evidence of validation normals and of the test, and the test's labels."""
    x, classes = drawn()
    normals = np.random.default_rng(digit).permutation(np.flatnonzero(classes != digit))
    first, second = round(0.7 * len(normals)), round(0.8 * len(normals))
    fit, validation = x[normals[:first]], x[normals[first:second]]
    test = np.concatenate([x[normals[second:]], x[classes == digit]])
    labels = np.repeat([0, 1], [len(normals) - second, np.sum(classes == digit)])

    def trained(method: Method, generator: dict[str, FloatArray] | None = None) -> ModelRun:
        recipe = MNIST_RECIPES[method]
        recipe = recipe.replace(steps=round(share * STEPS[method]))
        task = Task("digits-8x8", str(digit), "70/10/20", ImageConfig(), recipe)
        run = ModelRun(task, fit, validation, generator)
        for _ in run.steps():
            pass
        return run

    gan = trained("wgan-gp").trainer
    weights = gan.finished_arrays()
    gan.networks.load_arrays(weights)
    encoder = trained("encoder", weights).trainer.networks["encoder"]
    features = trained("features").trainer.networks["features"]
    critic = gan.networks.critic
    assert isinstance(critic, torch.nn.Sequential)
    assert isinstance(encoder, torch.nn.Sequential)
    sources = Sources(gan.networks.generator, critic, encoder, features)
    references = {name: place(fit) for name, place in sources.spaces().items()}
    found = [evidence(sources, references, K, part)[0] for part in (validation, test)]
    return found[0], found[1], labels


def ranked(
    found: dict[str, tuple[Found, Found, np.ndarray]], names: list[str]
) -> Iterator[tuple[tuple[str, ...], list[float]]]:
    """Every rule of one to four pieces of evidence, with its AUPRC per class left out."""
    for size in range(1, 5):
        for chosen in itertools.combinations(names, size):
            scores = []
            for normals, test, labels in found.values():
                terms = Rule.fitted(chosen, normals).terms(test)
                score = np.sum(list(terms.values()), axis=0)
                scores.append(float(average_precision_score(labels, score)))
            yield chosen, scores


def best(rules: list[tuple[tuple[str, ...], list[float]]]) -> tuple[str, ...]:
    """The shortest rule within a tie of the highest mean; of equally short ones the highest."""
    top = max(np.mean(scores) for _, scores in rules)
    near = [(len(n), -np.mean(s), n) for n, s in rules if np.mean(s) >= top - TIE]
    return min(near)[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--digits", default="0123456789")
    parser.add_argument("--share", type=float, default=0.6, help="of the steps in STEPS")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found = {}
    for digit in arguments.digits:
        found[digit] = evidence_without(int(digit), arguments.share)
        print(f"without {digit}: done", flush=True)
    names = list(next(iter(found.values()))[1])
    rules = list(ranked(found, names))
    wgan = [(names, scores) for names, scores in rules if "contrast" not in names]
    for title, some in (("all", rules), ("networks of the WGAN-GP alone", wgan)):
        print(f"\n{title}: chosen {' + '.join(best(some))}")
        singles = [rule for rule in some if len(rule[0]) == 1]
        top = sorted(some, key=lambda rule: -np.mean(rule[1]))[:10]
        for chosen, scores in [*top, *singles]:
            cells = " ".join(f"{100 * score:5.1f}" for score in scores)
            print(f"{100 * np.mean(scores):5.1f}  {cells}  {' + '.join(chosen)}")
    if arguments.json:
        result = {"ours": best(rules), "ours-wgan": best(wgan), "digits": arguments.digits,
                  "rules": [[names, scores] for names, scores in rules]}  # fmt: skip
        arguments.json.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
