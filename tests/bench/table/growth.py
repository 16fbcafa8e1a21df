"""How the cost of a span grows with the document's length and the number of its spans, beside the floor's formula."""
from floor import SMOLLM2_135M, Setting, shape_deviations
from outcome import Figure, Goal, Measured, Task, median
from spans import merge, run_steps
from workplace import say

# A start every 8 tokens: 64 spans fit into 1024 tokens.
BASE = Setting(length=1024, spans=16, stride=8)
SETTINGS = ([BASE] + [Setting(length=length, spans=16, stride=8) for length in (2048, 4096, 8192)]
            + [Setting(length=1024, spans=spans, stride=8) for spans in (1, 4, 64)])
SAMPLES_A_ROUND = (3, 2)


def measure(work, _):
    rates = {}
    for index, samples in enumerate(SAMPLES_A_ROUND[:work.rounds]):
        for setting in SETTINGS:
            found = run_steps(work, setting, work.steps or samples)
            merge(rates.setdefault(setting, {}), found)
            say(f"  {setting.name}, round {index + 1}: {median(found['rates']):.2f} spans/s")
    cost = {setting: 1 / median(found["rates"]) for setting, found in rates.items()}
    deviations = shape_deviations(SMOLLM2_135M, cost, BASE)
    worst = max(deviations, key=lambda setting: abs(deviations[setting]))
    details = {setting.name: {"seconds_a_span": cost[setting], "deviation": deviations[setting],
                              "samples": rates[setting]["rates"]} for setting in SETTINGS}
    note = "; ".join(f"T {setting.length} x {setting.spans}: {100 * deviations[setting]:+.0f} %"
                     for setting in SETTINGS if setting != BASE)
    return Measured([Figure("off its shape by", 100 * abs(deviations[worst]), "%", Goal(25.0, at_least=False))],
                    details, note)


TASKS = [Task("growth", "cost of a span over T = 1k, 2k, 4k, 8k and 1, 4, 16, 64 spans, bf16", "the floor's formula",
              measure)]
