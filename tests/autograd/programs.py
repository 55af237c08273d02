"""Random computations, as Hypothesis strategies: graphs in which nodes are shared."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from autograd import Scalar, Tensor

EXAMPLES = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

# Every step is defined for all numbers; f is Tensor, or whatever else has its functions.
SMOOTH = {
    "add": lambda f, a, b: f.add(a, b),
    "subtract": lambda f, a, b: f.sub(a, b),
    "multiply": lambda f, a, b: f.mul(f.sin(a), b),
    "divide": lambda f, a, b: f.div(a, f.add(f.mul(b, b), 2.0)),
    "power": lambda f, a, b: f.pow(f.add(f.mul(a, a), 0.5), f.tanh(b)),
    "negate": lambda f, a, _: f.neg(a),
    "sine": lambda f, a, _: f.sin(a),
    "cosine": lambda f, a, _: f.cos(a),
    "tanh": lambda f, a, _: f.tanh(a),
    "exponent": lambda f, a, _: f.exp(f.tanh(a)),
    "logarithm": lambda f, a, _: f.log(f.add(f.mul(a, a), 1.0)),
    "square root": lambda f, a, _: f.sqrt(f.add(f.mul(a, a), 1.0)),
    "sigmoid": lambda f, a, _: f.sigmoid(a),
    "square": lambda f, a, _: f.tanh(f.pow(a, 2.0)),
}
KINKED = {
    "absolute": lambda f, a, _: f.abs(a),
    "relu": lambda f, a, _: f.relu(a),
    "maximum": lambda f, a, b: f.maximum(a, b),
    "minimum": lambda f, a, b: f.minimum(a, b),
}
STEPS = SMOOTH | KINKED


@dataclass(frozen=True)
class Program:
    """A point, and the steps that compute something there; each step uses any earlier nodes."""

    at: tuple[float, ...]
    steps: tuple[tuple[str, int, int], ...]

    def __call__(self, f, *leaves):
        nodes = list(leaves)
        for name, first, second in self.steps:
            nodes.append(STEPS[name](f, nodes[first], nodes[second]))
        return nodes[-1]

    def over_tensors(self, *leaves: Tensor) -> Tensor:
        return self(Tensor, *leaves)

    def build(self) -> tuple[Tensor, list[Scalar]]:
        leaves = [Scalar(number, require_grad=True) for number in self.at]
        return self.over_tensors(*leaves), leaves


@st.composite
def programs(draw, steps=STEPS, max_steps: int = 10) -> Program:
    at = draw(st.lists(st.floats(-3, 3), min_size=1, max_size=3))
    made = []
    for _ in range(draw(st.integers(1, max_steps))):
        nodes = len(at) + len(made)
        # The last node is always used, so that none hangs loose; the other is any, even it.
        operands = [nodes - 1, draw(st.integers(0, nodes - 1))]
        made.append((draw(st.sampled_from(sorted(steps))), *draw(st.permutations(operands))))
    return Program(tuple(at), tuple(made))
