"""What training a compressor through larger frozen models needs on larger machines: floor.py's operations, and the memory
that docs/teachers.md counts. Pure arithmetic; docs/scale.md says how each formula was held against a measurement.

    python3 tests/bench/table/scale.py        prints the tables of docs/scale.md
"""
from dataclasses import dataclass

from floor import SMOLLM2_135M, Model, Setting, document_flops, span_flops

MODELS = {
    "SmolLM2-135M": SMOLLM2_135M,
    "Llama 3.2 3B": Model(layers=28, width=3072, attention=3072, keys=1024, mlp=8192, vocabulary=128256),
    "Llama 3.1 8B": Model(layers=32, width=4096, attention=4096, keys=1024, mlp=14336, vocabulary=128256),
}
OWN_HEAD = {"Llama 3.1 8B"}  # the others' heads are their embedding tables


@dataclass(frozen=True)
class Machine:
    name: str
    peak: float    # FLOP/s of bf16 products, dense, as its vendor states it
    memory: float  # bytes
    share: float   # of the peak that is assumed to be reached


H200 = Machine("one H200", 989e12, 141e9, 0.4)


def weights(name, model, bytes_each=2):
    tables = 2 if name in OWN_HEAD else 1
    return bytes_each * (model.matrices + tables * model.vocabulary * model.width)


def context(model, length):
    """A document's keys and values and its last hidden states, in bf16."""
    return length * (4 * model.layers * model.keys + 2 * model.width)


def kept_rows(model, rows):
    """What the backward of so many rows behind spans keeps, in bf16."""
    return rows * model.layers * 4 * (model.width + model.attention + model.keys + model.mlp)


# Of what grows with T and K: peak resident memory over the formulas, SmolLM2-135M, bf16 (docs/scale.md).
GROWTH_MEASURED = 1.41


def gigabytes(count):
    return f"{count / 1e9:.1f} GB"


def table(settings, machine):
    yield f"| model | T, K, H | FLOPs of a span | spans/s on {machine.name} | tokens/s read | weights | a document | rows for the backward | in all |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, model in MODELS.items():
        for setting in settings:
            flops = span_flops(model, setting)
            rate = machine.peak * machine.share / flops
            parts = [weights(name, model), GROWTH_MEASURED * context(model, setting.length),
                     GROWTH_MEASURED * kept_rows(model, setting.spans * setting.horizon)]
            yield (f"| {name} | {setting.length}, {setting.spans}, {setting.horizon} | {flops / 1e9:,.0f} G | {rate:,.0f} | "
                   f"{rate / setting.spans * setting.length:,.0f} | {' | '.join(map(gigabytes, parts))} | {gigabytes(sum(parts))} |")


def shares(settings):
    """Where a span's operations go."""
    yield "| model | T, K, H | the document, shared | own rows | attention of own rows | heads |"
    yield "|---|---|---|---|---|---|"
    for name, model in MODELS.items():
        for setting in settings:
            flops = span_flops(model, setting)
            h = setting.horizon
            parts = [document_flops(model, setting.length) / setting.spans, 4 * model.matrices * h,
                     8 * model.layers * model.attention * h * (setting.prefix + h / 2),
                     6 * model.width * model.vocabulary * h]
            yield f"| {name} | {setting.length}, {setting.spans}, {h} | " + " | ".join(f"{part / flops:.0%}" for part in parts) + " |"


if __name__ == "__main__":
    SETTINGS = [Setting(4096, 32), Setting(16384, 128), Setting(32768, 256, horizon=128)]
    print("\n".join(table(SETTINGS, H200)))
    print()
    print("\n".join(shares(SETTINGS)))
