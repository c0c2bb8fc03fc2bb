"""What a reader would otherwise write: the same results by PyTorch's automatic differentiation.

Each function prepares its tensors and returns a function without arguments that does the work, as the body of a
training loop would.
"""

import numpy as np
import torch


def _parameters(weights, dtype):
    return [torch.tensor(np.asarray(W), dtype=dtype, requires_grad=True) for W in weights]


def _gradient(loss, parameters):
    """A function that evaluates a loss and returns its gradients as arrays."""
    def run():
        return [g.numpy() for g in torch.autograd.grad(loss(), parameters)]
    return run


def linear_rnn_gradient(x, y, rnn):
    """Gradient of half the squared error at the last step, summed over samples: a loop over time steps."""
    W_x, W_h, W_y = parameters = _parameters(rnn.weights, torch.float64)
    x, y = torch.tensor(x), torch.tensor(y)

    def loss():
        h = x.new_zeros(x.shape[1], len(W_h))
        for now in x:
            h = h @ W_h.T + now @ W_x.T
        return 0.5 * ((h @ W_y.T - y) ** 2).sum()

    return _gradient(loss, parameters)


def tanh_rnn_gradient(trials, rnn):
    """Gradient of half the masked mean squared error: a loop over time steps, in single precision."""
    W_x, W_h, W_y = parameters = _parameters(rnn.weights, torch.float32)
    inputs, targets, mask = (torch.tensor(array, dtype=torch.float32) for array in trials)

    def loss():
        h = inputs.new_zeros(inputs.shape[1], len(W_h))
        outputs = []
        for now in inputs:
            h = (1 - rnn.dt) * h + rnn.dt * (torch.tanh(h) @ W_h.T + now @ W_x.T)
            outputs.append(torch.tanh(h) @ W_y.T)
        return 0.5 * (mask * (torch.stack(outputs) - targets) ** 2).sum() / mask.sum()

    return _gradient(loss, parameters)


def fixed_point_descent(target, rnn, learning_rate, steps, duration=101, dt=0.5):
    """Descent of the loss at the last two moments of a finite run; returns the read-outs before each step."""
    m, w = torch.tensor(rnn.m), torch.tensor(rnn.w)

    def run():
        W, readouts = torch.tensor(rnn.W, requires_grad=True), []
        for _ in range(steps):
            h, states = torch.zeros_like(m), []
            for _ in range(round((duration - 1) / dt)):
                h = (1 - dt) * h + dt * (W @ h + m)
                states.append(h)
            z = torch.stack(states[-2:]) @ w
            readouts.append(z.detach().numpy())
            gradient, = torch.autograd.grad(0.25 * ((target - z) ** 2).sum(), W)
            with torch.no_grad():
                W -= learning_rate * gradient
        return np.array(readouts)

    return run


def tangent_kernel(rnn, x):
    """J J' with the explicit Jacobian of all last outputs by all weights, from `torch.func`."""
    weights = tuple(torch.tensor(np.asarray(W)) for W in rnn.weights)
    x = torch.tensor(x)

    def outputs(W_x, W_h, W_y):
        h = x.new_zeros(x.shape[1], len(W_h))
        for now in x:
            h = h @ W_h.T + now @ W_x.T
        return (h @ W_y.T).ravel()

    def run():
        blocks = torch.func.jacrev(outputs, argnums=(0, 1, 2))(*weights)
        J = torch.cat([block.flatten(1) for block in blocks], dim=1)
        return (J @ J.T).numpy()

    return run
