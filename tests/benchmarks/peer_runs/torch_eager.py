"""PyTorch eager: tensors over all samples, autograd's backward pass, the step by hand."""

from __future__ import annotations

import torch

from tests.benchmarks.peer_runs.problem import Candidate, Problem, Trained


def prepare(problem: Problem) -> Candidate:
    """Return a loop in Python, with as many threads as PyTorch takes by itself.

    They wait for each other at every matrix product: on a machine that is busy otherwise
    that takes longer by far than the product.
    """
    return _prepare(problem)


def prepare_single_thread(problem: Problem) -> Candidate:
    """Return the same with one thread, which small arrays are faster with."""
    torch.set_num_threads(1)
    return _prepare(problem)


def _prepare(problem: Problem) -> Candidate:
    """Return a loop in Python, an operation of PyTorch for each array operation."""
    x, y = torch.from_numpy(problem.x), torch.from_numpy(problem.y)

    def train(epochs: int) -> Trained:
        weights = [torch.tensor(each, requires_grad=True) for each in problem.weights]
        losses, history = [], []
        for _ in range(epochs):
            loss = ((problem.outputs(weights, x, torch.tanh) - y) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                for weight in weights:
                    weight.sub_(problem.learning_rate * weight.grad)
                    weight.grad = None
            losses.append(loss.detach())
            history.append([weight.detach().clone() for weight in weights])
        return Trained(losses, history[-1], history)

    return Candidate(train, f"PyTorch {torch.__version__}, threads: {torch.get_num_threads()}")
