"""The network, its losses and its optimiser, in NumPy: 35 inputs, two hidden layers, three outputs."""

import numpy as np


def silu(a):
    s = 1 / (1 + np.exp(-np.maximum(a, -80)))
    return a * s, s * (1 + a * (1 - s))


def forward(p, x):
    a1, d1 = silu(x @ p[0] + p[1])
    a2, d2 = silu(a1 @ p[2] + p[3])
    return a1, d1, a2, d2, a2 @ p[4] + p[5]


def outputs(o):
    """Mean, 5 % and 95 % quantile in mm/h from the last layer: the mean in logarithm, the quantiles around it."""
    o = np.clip(o, -6, 6)
    mean = np.exp(o[:, 0])
    return mean, mean * np.exp(-np.exp(np.minimum(o[:, 1], 2))), mean * np.exp(np.exp(np.minimum(o[:, 2], 1.5)))


def gradient(o, y):
    """Of the loss over the last layer: weighted squared error of the mean, pinball loss of the quantiles."""
    mean, low, high = outputs(o)
    g = np.empty_like(o)
    g[:, 0] = 0.1 / (1 + mean / 30) * (mean - y[:, 0]) * mean
    relative = 0.5 / (2 + 0.2 * mean)
    t = y[:, 1:]
    g_low = np.where(t < low[:, None], 0.95, -0.05).sum(axis=1) * relative
    g_high = np.where(t < high[:, None], 0.05, -0.95).sum(axis=1) * relative
    g[:, 1] = -g_low * low * np.exp(np.clip(o[:, 1], -6, 2))
    g[:, 2] = g_high * high * np.exp(np.clip(o[:, 2], -6, 1.5))
    return np.clip(g, -300, 300) / np.float32(len(y))


def fit(x, y, hidden, epochs, batch=1024, peak=3e-3):
    """The weights after Adam with a cosine rate, averaged over the last steps."""
    rng = np.random.default_rng(7)
    sizes = [x.shape[1], hidden, hidden, 3]
    shapes = [shape for a, b in zip(sizes, sizes[1:]) for shape in ((a, b), (b,))]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    flat = np.zeros(ends[-1], np.float32)  # all weights in one array: one update a step
    views = lambda array: [part.reshape(shape) for part, shape in zip(np.split(array, ends[:-1]), shapes)]
    p = views(flat)
    for weights in p[::2]:
        weights[:] = rng.standard_normal(weights.shape) * np.sqrt(2 / len(weights))
    p[4][:] *= 0.1
    p[5][:] = [np.log(15), -0.7, -0.7]
    grad, first, second, average = (np.zeros_like(flat) for _ in range(4))
    average[:] = flat
    g_views = views(grad)
    steps, step = epochs * (len(x) // batch), 0
    for epoch in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x) - batch + 1, batch):
            rows = order[start:start + batch]
            xb = x[rows]
            a1, d1, a2, d2, o = forward(p, xb)
            g = gradient(o, y[rows])
            back2 = (g @ p[4].T) * d2
            back1 = (back2 @ p[2].T) * d1
            for place, value in zip(g_views, (xb.T @ back1, back1.sum(0), a1.T @ back2, back2.sum(0), a2.T @ g,
                                              g.sum(0))):
                place[:] = value
            step += 1
            rate = np.float32(peak * (0.5 + 0.5 * np.cos(np.pi * step / steps)) + 1e-6)
            first += np.float32(0.1) * (grad - first)
            second += np.float32(0.001) * (grad * grad - second)
            flat -= rate * (first / np.float32(1 - 0.9**step)) / (
                np.sqrt(second / np.float32(1 - 0.999**step)) + np.float32(1e-8))
            average += np.float32(max(0.002, 1 / step)) * (flat - average)
        mean, low, high = outputs(forward(views(average), x[:40000])[-1])
        e = mean - y[:40000, 1]
        print(f"epoch {epoch + 1}/{epochs}: SD {e.std():.3f}", flush=True)
    return [array.copy() for array in views(average)]
