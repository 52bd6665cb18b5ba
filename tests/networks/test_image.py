"""The networks for images: what only they have to hold."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.small import made, rng


def latents(n: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(n, 3, generator=rng(1))


def test_the_generator_stays_within_black_and_white() -> None:
    generator = made("wgan-gp").generator
    for parameter in generator.parameters():
        parameter.data.mul_(5)
    pixels = generator(latents(20, scale=10))
    assert pixels.min() >= 0
    assert pixels.max() <= 1
    assert pixels.max() - pixels.min() > 0.9


def test_the_generator_reaches_every_pixel_on_its_own() -> None:
    """The last layer's four channels become the four pixels of each 2 × 2 block."""
    generator = made("wgan-gp").generator
    last = generator[7]  # type: ignore[index]
    assert isinstance(last, nn.Conv2d)
    last.weight.data.zero_()
    last.bias.data.copy_(torch.tensor([-1.0, 0.0, 1.0, 2.0]))  # type: ignore[union-attr]
    rows = generator(latents(1)).view(28, 28)
    block = torch.sigmoid(torch.tensor([[-1.0, 0.0], [1.0, 2.0]]))
    torch.testing.assert_close(rows, block.repeat(14, 14), rtol=0, atol=1e-6)
