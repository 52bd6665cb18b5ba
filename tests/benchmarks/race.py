"""How much faster our WGAN-GP critic update is than a plain PyTorch one.

    python -m tests.benchmarks.race [--json]

Both update a 2-128-128-1 critic on batches of 64, sampling and optimiser included, in one process
and one thread. Blocks of the two alternate, so that whatever else the machine does falls on both,
and the ratio is the median over the blocks.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wganad_core.config import MixtureConfig, NetworkConfig, TrainingConfig
from wganad_core.data.mixture import make_mixture
from wganad_core.methods import Adversarial, make_trainer

N_BLOCKS = 25
UPDATES_PER_BLOCK = 60
CONFIG = TrainingConfig(method="wgan-gp")
NETWORK = NetworkConfig()


def our_update(x: NDArray[np.float32]) -> Callable[[], None]:
    """The critic update as every run of ours makes it."""
    trainer = make_trainer(x, CONFIG, NETWORK)
    assert isinstance(trainer, Adversarial)
    return trainer.update_critic


def plain_update(x: NDArray[np.float32]) -> Callable[[], None]:
    """Algorithm 2 as it is usually written: three backward passes and Adam's defaults."""
    data, m, width = torch.from_numpy(x), CONFIG.batch_size, NETWORK.width
    rng = torch.Generator().manual_seed(CONFIG.seed)
    generator, critic = (
        nn.Sequential(
            nn.Linear(2, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, n)
        )
        for n in (2, 1)
    )
    betas = (CONFIG.beta1, CONFIG.beta2)
    optimizer = torch.optim.Adam(critic.parameters(), CONFIG.learning_rate, betas)

    def update() -> None:
        real = data[torch.randint(len(data), (m,), generator=rng)]
        with torch.no_grad():
            fake = generator(torch.randn(m, NETWORK.n_latent, generator=rng))
        optimizer.zero_grad()
        (-critic(real).mean()).backward()
        critic(fake).mean().backward()
        epsilon = torch.rand(m, 1, generator=rng)
        x_hat = (epsilon * real + (1 - epsilon) * fake).requires_grad_(True)
        (slope,) = torch.autograd.grad(critic(x_hat).sum(), x_hat, create_graph=True)
        (CONFIG.penalty * ((slope.norm(2, dim=1) - 1) ** 2).mean()).backward()
        optimizer.step()

    return update


def milliseconds(update: Callable[[], None], n: int) -> float:
    """Mean time of an update over a block of n."""
    start = time.perf_counter()
    for _ in range(n):
        update()
    return (time.perf_counter() - start) * 1e3 / n


def measure(n_blocks: int = N_BLOCKS, n_updates: int = UPDATES_PER_BLOCK) -> dict[str, float]:
    """Medians: of the ratio within a pair of blocks, and of each one's time."""
    torch.set_num_threads(1)
    x = make_mixture(MixtureConfig()).x
    plain, ours = plain_update(x), our_update(x)
    for update in (plain, ours):
        milliseconds(update, n_updates)  # warm up
    plain_ms, our_ms = [], []
    for block in range(n_blocks):
        if block % 2:
            our_ms.append(milliseconds(ours, n_updates))
            plain_ms.append(milliseconds(plain, n_updates))
        else:
            plain_ms.append(milliseconds(plain, n_updates))
            our_ms.append(milliseconds(ours, n_updates))
    ratios = [slow / fast for slow, fast in zip(plain_ms, our_ms, strict=True)]
    return {
        "critic_step_ratio": round(statistics.median(ratios), 3),
        "plain_ms": round(statistics.median(plain_ms), 4),
        "ours_ms": round(statistics.median(our_ms), 4),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.race", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json: bool = parser.parse_args(arguments).json
    found = measure()
    if as_json:
        print(json.dumps(found))
        return
    print(
        f"Our WGAN-GP critic update takes {found['ours_ms']:.2f} ms, plain PyTorch's "
        f"{found['plain_ms']:.2f} ms: ours is {found['critic_step_ratio']:.1f} times as fast "
        f"(median of {N_BLOCKS} alternating pairs of blocks, one thread)."
    )


if __name__ == "__main__":
    main()
