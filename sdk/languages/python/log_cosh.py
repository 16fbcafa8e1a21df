"""The mean of log(cosh(x / width)): a square near 0, a line far away. Needs no package; with numpy,
numpy.frombuffer(gist, "f4").reshape(shape) has the same numbers."""

import array
import math


def value(gist, shape, width):
    """gist: a memoryview of floats, read-only; shape: (K, G, D). Returns a number."""
    return sum(abs(x / width) + math.log1p(math.exp(-2 * abs(x / width))) - math.log(2) for x in gist) / len(gist)


def gradient(gist, shape, width):
    """Of value by each number of gist: any buffer of as many 32-bit floats."""
    return array.array("f", (math.tanh(x / width) / width / len(gist) for x in gist))
