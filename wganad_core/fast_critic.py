"""The gradient of the WGAN-GP critic's loss (Algorithm 2) for ReLU and LeakyReLU critics.

Such a critic is linear around each input: ∇f(x̂) is a product of weights and of the activations'
slopes at x̂. So the penalty needs no double backward, and one pass serves three purposes. The
batch is stacked as rows [x; G(z); x̂], each row weighted by `coefficients` = [−1/m; 1/m; 1].

* Backward, V: for x and G(z) the rows are the derivatives of mean f(G(z)) − mean f(x); for x̂
  they are those of f, which end in ∇f(x̂).
* Tangent, T: with q = ∂(λ·penalty)/∂∇f(x̂) sent forward through the same slopes, the derivative
  of the penalty for a layer's weights is Vᵀ T of the layer below.
* T takes the place of x̂'s activations, so that each layer's whole gradient is one product VᵀA.

Biases and activations' kinks contribute nothing to the penalty.

For convolutional critics of the same kind the penalty is written as a chain of transposed
convolutions and fixed masks, whose weights' gradient autograd finds in one backward pass.
Everything else (smooth activations, layer norm) goes through autograd twice.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from wganad_core import objectives
from wganad_core.networks.image import Planes


def is_dense(critic: nn.Module) -> bool:
    """Whether `critic` is an alternation of Linear and ReLU or LeakyReLU, ending in one output."""
    if not isinstance(critic, nn.Sequential) or len(critic) % 2 == 0:
        return False
    kinds = [type(layer) for layer in critic]
    linear = [layer for layer in critic if isinstance(layer, nn.Linear) and layer.bias is not None]
    return (
        all(kind is nn.Linear for kind in kinds[::2])
        and all(kind in (nn.ReLU, nn.LeakyReLU) for kind in kinds[1::2])
        and all(0 <= getattr(layer, "negative_slope", 0) <= 1 for layer in critic)
        and len(linear) == len(kinds[::2])
        and linear[-1].out_features == 1
    )


CriticGradient = Callable[[Tensor, Tensor, Tensor, float], tuple[float, float]]


def critic_gradient(critic: nn.Module, batch_size: int) -> CriticGradient:
    """The function (real, fake, epsilon, λ) → (W estimate, penalty without λ) for this critic.

    real, fake (m, …), epsilon (m, 1, …) with m = `batch_size`. A call sets the critic's `.grad`,
    which must already exist (`FlatParameters` makes it), to the gradient of
    `objectives.penalised_critic_loss`: mean f(G(z)) − mean f(x) + λ mean (‖∇f(x̂)‖₂ − 1)²,
    x̂ = ε x + (1 − ε) G(z).
    """
    if is_dense(critic):
        return _ClosedForm(critic, batch_size)
    slope_of = _chain_gradient if is_chain(critic) else objectives.input_gradient
    return partial(_autograd, critic, slope_of)


# What a chain may consist of besides ReLU and LeakyReLU.
AFFINE = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Flatten, nn.Unflatten, Planes)

TRANSPOSED: dict[type[nn.Module], Callable[..., Tensor]] = {
    nn.Conv1d: functional.conv_transpose1d,
    nn.Conv2d: functional.conv_transpose2d,
}


def is_chain(critic: nn.Module) -> bool:
    """Whether `critic` is a sequence of affine layers, folds, and ReLU or LeakyReLU."""
    return isinstance(critic, nn.Sequential) and all(
        type(layer) in (*AFFINE, nn.ReLU, nn.LeakyReLU)
        and not (isinstance(layer, nn.Conv1d | nn.Conv2d) and not _has_plain_transpose(layer))
        for layer in critic
    )


def _has_plain_transpose(layer: nn.Conv1d | nn.Conv2d) -> bool:
    return layer.padding_mode == "zeros" and not isinstance(layer.padding, str)


def _chain_gradient(critic: nn.Module, x: Tensor) -> Tensor:
    """∇f(x) as a differentiable function of the weights alone: the layers' transposes, last
    first, with the activations' slopes at x as fixed masks."""
    assert isinstance(critic, nn.Sequential)
    inputs = []
    with torch.no_grad():
        for layer in critic:
            inputs.append(x)
            x = layer(x)
    v = torch.ones_like(x)
    for layer, entered in zip(reversed(critic), reversed(inputs), strict=True):
        v = _transposed(layer, entered, v)
    return v


def _transposed(layer: nn.Module, entered: Tensor, v: Tensor) -> Tensor:
    """The transpose of `layer`'s Jacobian at its input `entered`, applied to v."""
    if isinstance(layer, nn.Linear):
        return v @ layer.weight
    if isinstance(layer, nn.Conv1d | nn.Conv2d):
        assert not isinstance(layer.padding, str)
        sizes = zip(
            entered.shape[2:],
            v.shape[2:],
            layer.stride,
            layer.padding,
            layer.kernel_size,
            layer.dilation,
            strict=True,
        )
        rest = [n - ((m - 1) * s - 2 * p + d * (k - 1) + 1) for n, m, s, p, k, d in sizes]
        transposed = TRANSPOSED[type(layer)]
        return transposed(
            v, layer.weight, None, layer.stride, layer.padding, rest, layer.groups, layer.dilation
        )
    if isinstance(layer, nn.Flatten | nn.Unflatten):
        return v.reshape(entered.shape)
    if isinstance(layer, Planes):
        return v.permute(0, 2, 3, 1)
    slope = float(getattr(layer, "negative_slope", 0.0))
    return torch.where(entered > 0, v, slope * v)


def _autograd(
    critic: nn.Module,
    gradient_of: objectives.InputGradient,
    real: Tensor,
    fake: Tensor,
    epsilon: Tensor,
    penalty: float,
) -> tuple[float, float]:
    loss, w_estimate, roughness = objectives.penalised_critic_loss(
        critic, real, fake, epsilon, penalty, gradient_of
    )
    for parameter in critic.parameters():
        assert parameter.grad is not None
        parameter.grad.zero_()
    loss.backward()  # type: ignore[no-untyped-call]
    return float(w_estimate.detach()), float(roughness.detach())


class _ClosedForm:
    """The pass described above, in buffers and views that are made once: at this size,
    allocating and slicing cost as much as the arithmetic."""

    def __init__(self, critic: nn.Module, batch_size: int) -> None:
        assert isinstance(critic, nn.Sequential)
        m, layers = batch_size, [layer for layer in critic if isinstance(layer, nn.Linear)]
        activations = [layer for layer in critic if not isinstance(layer, nn.Linear)]
        self.scale = 2 / m
        self.weights = [layer.weight.detach() for layer in layers]
        self.biases = [layer.bias.detach() for layer in layers]
        self.weight_gradients = [layer.weight.grad for layer in layers]
        self.bias_gradients = [layer.bias.grad for layer in layers]
        self.slopes = [float(getattr(layer, "negative_slope", 0.0)) for layer in activations]
        new = self.weights[0].new_empty
        self.a = [new(3 * m, weight.shape[1]) for weight in self.weights]  # inputs of each layer
        self.masks = [torch.empty_like(a) for a in self.a[1:]]  # slopes of the activations
        self.v = [torch.empty_like(a) for a in self.a[1:]]  # derivatives at each layer's output
        self.v.append(new(3 * m, 1).fill_(1.0))
        self.v[-1][:m], self.v[-1][m : 2 * m] = -1 / m, 1 / m
        # Views: the rows of x and G(z), and the rows of x̂.
        self.a_data, self.v_data = self.a[-1][: 2 * m], [v[: 2 * m] for v in self.v]
        self.a_hat, self.v_hat = [a[2 * m :] for a in self.a], self.v[0][2 * m :]
        self.masks_hat = [mask[2 * m :] for mask in self.masks]

    @torch.no_grad()
    def __call__(
        self, real: Tensor, fake: Tensor, epsilon: Tensor, penalty: float
    ) -> tuple[float, float]:
        a, v, weights = self.a, self.v, self.weights
        torch.cat([real, fake, objectives.interpolate(real, fake, epsilon)], out=a[0])

        for i, slope in enumerate(self.slopes):  # forward
            torch.addmm(self.biases[i], a[i], weights[i].t(), out=a[i + 1])
            torch.gt(a[i + 1], 0, out=self.masks[i])
            if slope:
                self.masks[i].clamp_min_(slope)
            a[i + 1].mul_(self.masks[i])
        # f without its last bias, which cancels between x and G(z)
        w_estimate = -torch.dot(self.a_data @ weights[-1][0], self.v_data[-1][:, 0])

        for i in reversed(range(len(self.slopes))):  # backward: V
            torch.mm(v[i + 1], weights[i + 1], out=v[i])
            v[i].mul_(self.masks[i])
        gradient = self.v_hat @ weights[0]
        norm = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
        excess = norm - 1

        # Tangent: T. Where ∇f = 0 the norm's derivative is taken as 0, as autograd does.
        torch.mul(
            gradient, excess * (self.scale * penalty) / norm.clamp_min(1e-30), out=self.a_hat[0]
        )
        for i, mask in enumerate(self.masks_hat):
            torch.mm(self.a_hat[i], weights[i].t(), out=self.a_hat[i + 1])
            self.a_hat[i + 1].mul_(mask)

        for i, rows in enumerate(v):
            torch.mm(rows.t(), a[i], out=self.weight_gradients[i])
            torch.sum(self.v_data[i], dim=0, out=self.bias_gradients[i])
        return float(w_estimate), float(excess.square_().mean())
