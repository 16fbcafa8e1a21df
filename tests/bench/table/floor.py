"""The work that one span cannot do without, in floating-point operations; a multiply-add counts two. Pure arithmetic:
measures nothing.

N = parameters of the matrices but embedding and head, D = width, L = layers, A = heads x head size, V = vocabulary,
T = tokens of a document, K = its spans, H = horizon, P = tokens before a span (on average).

A document's own pass is shared by its spans: every weight once for each token, and causal attention, counted whole as
GEMM peaks are. A span adds H rows: the model's forward and its backward to the inputs (weights are frozen), attention
over prefix and horizon (four products forward and back, prefix keys and values constant), the head forward and back,
and the head on the original's rows.
"""
from dataclasses import dataclass

SPAN = 32   # tokens that a gist stands for
RUNGS = 17  # of the ladder in tests/bench/ladder.toml


@dataclass(frozen=True)
class Model:
    layers: int
    width: int
    attention: int  # A
    keys: int       # width of keys, and of values
    mlp: int
    vocabulary: int

    @property
    def matrices(self):
        """N."""
        attention = 2 * self.width * self.attention + 2 * self.width * self.keys
        return self.layers * (attention + 3 * self.width * self.mlp)


SMOLLM2_135M = Model(layers=30, width=576, attention=576, keys=192, mlp=1536, vocabulary=49152)


@dataclass(frozen=True)
class Setting:
    """One training step: a document and its spans."""

    length: int  # T
    spans: int   # K
    dtype: str = "bf16"
    horizon: int = 64
    first: int = 256  # least start of a span; starts are multiples of stride, as dataset/spans places them
    stride: int = 32

    @property
    def prefix(self):
        """P, the mean over all places that a span may have."""
        first = -(-self.first // self.stride) * self.stride
        last = self.length - SPAN - self.horizon
        return first + (last - first) // self.stride * self.stride / 2

    @property
    def name(self):
        return f"T {self.length}, H {self.horizon}, {self.spans} spans, {self.dtype}"


def document_flops(model, length):
    return 2 * model.matrices * length + 2 * model.layers * model.attention * length ** 2


def span_flops(model, setting, original_known=False):
    """Of one span with its share of the document. `original_known`: the document's pass and the original's figures
    come from a cache."""
    horizon = setting.horizon
    own = (4 * model.matrices * horizon
           + 8 * model.layers * model.attention * horizon * (setting.prefix + horizon / 2)
           + 4 * model.width * model.vocabulary * horizon)
    if original_known:
        return own
    target_head = 2 * model.width * model.vocabulary * horizon
    return own + target_head + document_flops(model, setting.length) / setting.spans


def ladder_flops(model, setting, rungs):
    """Of one span that so many rungs are measured on, with its share of the document: each rung has H rows of its own,
    forward. Rungs share the document's pass and the original's figures; of the rows behind a span they can share nothing,
    since each row sees what stands for the span from the first layer on."""
    horizon = setting.horizon
    rows = (2 * model.matrices * horizon
            + 4 * model.layers * model.attention * horizon * (setting.prefix + horizon / 2)
            + 2 * model.width * model.vocabulary * horizon)
    return rungs * rows + 2 * model.width * model.vocabulary * horizon + document_flops(model, setting.length) / setting.spans


def shape_deviations(model, seconds_a_span, base):
    """How far measured costs are from growing as the floor does, {setting: share}, 0 for `base`, against which both
    are taken; 0.1: ten percent dearer than the floor's growth says."""
    def over_floor(setting):
        return seconds_a_span[setting] / span_flops(model, setting)
    return {setting: over_floor(setting) / over_floor(base) - 1 for setting in seconds_a_span}
