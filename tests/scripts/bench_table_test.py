#!/usr/bin/env python3
"""The arithmetic of the benchmark's table: the floor's formula, medians, goals, verdicts, and how rows are written."""

import io
import json
import subprocess
import sys
import tempfile
import tomllib
import unittest
from contextlib import redirect_stderr
from pathlib import Path
from types import SimpleNamespace

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/bench/table"))

import corpus
import floor
import outcome
import programs
import spans
from floor import SMOLLM2_135M, Setting
from outcome import Figure, Goal, Row


class Floor(unittest.TestCase):
    def test_the_model_has_the_matrices_of_its_published_shape(self):
        self.assertEqual(SMOLLM2_135M.matrices, 106_168_320)  # 134,515,008 less embedding and 61 norms of 576
        self.assertEqual(SMOLLM2_135M.matrices, 134_515_008 - 49152 * 576 - 61 * 576)

    def test_a_span_costs_what_the_design_notes_derive_for_prefixes_of_half_the_document(self):
        for length, spans_, gigaflops in ((1024, 16, 59), (4096, 32, 102)):
            half = Setting(length=length, spans=spans_, first=length // 2, stride=length)  # one place: the middle
            self.assertEqual(half.prefix, length / 2)
            self.assertAlmostEqual(floor.span_flops(SMOLLM2_135M, half) / 1e9, gigaflops, delta=0.01 * gigaflops)

    def test_prefixes_are_those_of_the_places_that_spans_may_have(self):
        self.assertEqual(Setting(length=1024, spans=16).prefix, (256 + 928) / 2)
        self.assertEqual(Setting(length=1024, spans=16, first=250, stride=100).prefix, (300 + 900) / 2)

    def test_a_cached_original_saves_the_document_and_its_rows_of_the_head(self):
        setting = Setting(length=1024, spans=16)
        saved = floor.span_flops(SMOLLM2_135M, setting) - floor.span_flops(SMOLLM2_135M, setting, original_known=True)
        self.assertEqual(saved, 2 * 576 * 49152 * 64 + floor.document_flops(SMOLLM2_135M, 1024) / 16)

    def test_more_spans_share_one_document(self):
        alone, many = (Setting(length=1024, spans=spans_) for spans_ in (1, 64))
        self.assertEqual(floor.span_flops(SMOLLM2_135M, alone) - floor.span_flops(SMOLLM2_135M, many),
                         floor.document_flops(SMOLLM2_135M, 1024) * 63 / 64)

    def test_rungs_share_the_document_and_nothing_of_the_rows_behind_a_span(self):
        setting = Setting(length=1024, spans=8)
        one, two = (floor.ladder_flops(SMOLLM2_135M, setting, rungs) for rungs in (1, 2))
        trained = floor.span_flops(SMOLLM2_135M, setting)
        self.assertEqual(trained - one, two - one)  # training goes back through the rows: as much again
        self.assertAlmostEqual(floor.ladder_flops(SMOLLM2_135M, setting, 17) / trained, 4.98, delta=0.01)

    def test_the_ladder_of_the_benchmark_has_so_many_rungs(self):
        rungs = set()
        for name in ("recipes/parts/ladder.toml", "recipes/gistnet/base.toml", "recipes/parts/entries.toml",
                     "tests/bench/ladder.toml"):
            variants = tomllib.loads((ROOT / name).read_text(encoding="utf-8"))["evaluations"]["heldout"]["variants"]
            rungs = {rung for rung in rungs | set(variants) if variants.get(rung) is not False}
        self.assertEqual(len(rungs), floor.RUNGS)

    def test_costs_that_grow_as_the_floor_does_deviate_by_nothing(self):
        base, other = Setting(length=1024, spans=16), Setting(length=4096, spans=16)
        cost = {setting: floor.span_flops(SMOLLM2_135M, setting) / 3e11 for setting in (base, other)}
        self.assertAlmostEqual(floor.shape_deviations(SMOLLM2_135M, cost, base)[other], 0)
        cost[other] *= 1.2
        self.assertAlmostEqual(floor.shape_deviations(SMOLLM2_135M, cost, base)[other], 0.2)


class Verdicts(unittest.TestCase):
    def row(self, *figures):
        return Row("some-row", "work", "a peer", list(figures))

    def test_a_goal_is_met_at_its_bound(self):
        self.assertTrue(Goal(20.0).met(20.0))
        self.assertFalse(Goal(20.0).met(19.99))
        self.assertTrue(Goal(2.0, at_least=False).met(2.0))
        self.assertFalse(Goal(2.0, at_least=False).met(2.01))

    def test_a_row_is_met_where_all_of_its_goals_are(self):
        good, bad = Figure("", 3.5, "times", Goal(3.0)), Figure("a window", 11.0, "us", Goal(10.0, at_least=False))
        self.assertEqual(self.row(good).verdict, "met")
        self.assertEqual(self.row(good, bad).verdict, "missed")
        self.assertEqual(self.row(good, Figure("for information", 0, "us")).verdict, "met")

    def test_a_row_without_figures_was_not_measured(self):
        self.assertEqual(self.row().verdict, "not measured")

    def test_medians(self):
        self.assertEqual(outcome.median([3, 1, 2]), 2)
        self.assertEqual(outcome.median([4, 1, 2, 3]), 2.5)
        with self.assertRaises(ValueError):
            outcome.median([])

    def test_numbers_show_three_figures_that_matter(self):
        for value, text in ((0.23124, "0.231"), (24.04, "24"), (5.6149, "5.61"), (1234.5, "1,234"), (0, "0")):
            self.assertEqual(outcome.number(value), text)


class Written(unittest.TestCase):
    def setUp(self):
        self.rows = [Row("fast", "work", "a peer", [Figure("", 24.0, "times", Goal(20.0))], {"samples": [1.0]}, "a note"),
                     Row("small", "memory", "", [Figure("a step", 120.0, "us", Goal(100.0, at_least=False))]),
                     Row("absent", "work", "a peer", [], note="there is no peer")]
        self.machine = {"processor": "a processor", "memory": "23 GiB"}

    def test_json_holds_the_whole_table_and_comes_back(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.json"
            outcome.write_json(path, self.rows, self.machine)
            self.assertEqual([file.name for file in Path(folder).iterdir()], ["table.json"])
            rows, machine = outcome.read_json(path)
            verdicts = [row["verdict"] for row in json.loads(path.read_text())["rows"]]
        self.assertEqual(rows, self.rows)
        self.assertEqual(machine, self.machine)
        self.assertEqual(verdicts, ["met", "missed", "not measured"])

    def test_json_of_another_format_is_refused(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write('{"format": 99, "rows": []}')
            file.flush()
            with self.assertRaisesRegex(ValueError, "format 99 when it should be 1"):
                outcome.read_json(file.name)

    def test_text_names_figure_goal_and_command(self):
        text = outcome.text_of(self.rows[0])
        for part in ("met ", "24 times", "at least 20 times", "a note", "scripts/bench.sh --row fast"):
            self.assertIn(part, text)
        self.assertIn("there is no peer", outcome.text_of(self.rows[2]))

    def test_a_page_keeps_everything_outside_of_the_marks(self):
        page = f"before\n{outcome.BEGIN}\nold\n{outcome.END}\nafter\n"
        put = outcome.put_block(page, outcome.markdown_of(self.rows, self.machine))
        self.assertTrue(put.startswith("before\n") and put.endswith("after\n"))
        self.assertNotIn("old", put)
        self.assertIn("| **missed** | `--row small` |", put)
        self.assertEqual(outcome.put_block(put, "x"), outcome.put_block(page, "x"))
        with self.assertRaises(ValueError):
            outcome.put_block("no marks", "x")


class FakeSpans(spans.SpanMeasurements):
    """Sides that note when they are asked; the peer is missing."""

    def __init__(self):
        super().__init__(SimpleNamespace(rounds=None, steps=None))
        self.asked = []

    def _ours(self, setting, samples):
        self.asked.append(("ours", samples))
        return {"rates": [5.0] * samples, "peak_bytes": [100], "flops_a_span": []}

    def _theirs(self, setting, samples, extra=None):
        self.asked.append(("theirs", samples))
        raise spans.Unmeasured("there is no transformers")

    def _gemm(self, setting, _):
        self.asked.append(("gemm", 1))
        return {"gflops": [400.0 + len(self.asked)], "shapes": ["a shape"]}


class Measuring(unittest.TestCase):
    def setUp(self):
        self.spans = FakeSpans()
        self.tasks = {task.name: task for task in spans.TASKS}
        self.talk = redirect_stderr(io.StringIO())
        self.talk.__enter__()
        self.addCleanup(self.talk.__exit__, None, None, None)

    def measure(self, *names):
        for name in names:
            for setting, sides in self.tasks[name].wants:
                self.spans.want(setting, *sides)
        return [self.tasks[name].measure(None, self.spans) for name in names]

    def test_sides_take_turns_and_a_setting_is_measured_once(self):
        first, second = self.measure("flops-1024", "flops-1024")
        self.assertEqual([side for side, _ in self.spans.asked], ["ours", "gemm"] * 3)
        self.assertEqual(sum(samples for side, samples in self.spans.asked if side == "ours"), spans.SAMPLES)
        self.assertEqual(first, second)

    def test_the_share_of_peak_is_rate_times_floor_over_the_median_peak(self):
        [measured] = self.measure("flops-1024")
        floor_of_a_span = floor.span_flops(SMOLLM2_135M, spans.SHORT["bf16"])
        self.assertAlmostEqual(measured.figures[0].value, 100 * 5.0 * floor_of_a_span / 404e9)

    def test_a_missing_peer_costs_its_row_and_no_other(self):
        with self.assertRaisesRegex(spans.Unmeasured, "there is no transformers"):
            self.measure("spans-1024-f32")
        self.assertEqual(len([side for side, _ in self.spans.asked if side == "theirs"]), 1)
        self.assertEqual(self.spans.of(spans.SHORT["f32"], spans.OURS)["rates"], [5.0] * spans.SAMPLES)


    def test_windows_lie_inside_documents_that_are_long_enough(self):
        with tempfile.NamedTemporaryFile("r") as file:
            corpus.choose_windows([10, corpus.WINDOW, corpus.WINDOW + 7], file.name)
            chosen = {tuple(map(int, line.split())) for line in file}
        self.assertEqual(chosen, {(1, 0)} | {(2, first) for first in range(8)})
        with self.assertRaises(spans.Unmeasured):
            corpus.choose_windows([10], "/dev/null")


class CommandLine(unittest.TestCase):
    def run_table(self, *words):
        return subprocess.run([sys.executable, ROOT / "tests/bench/table", *words], capture_output=True, text=True,
                              check=False)

    def test_rows_are_listed_and_unknown_ones_refused(self):
        names = self.run_table("--list").stdout.split()
        self.assertIn("spans-1024-bf16", names)
        refused = self.run_table("--row", "nothing")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("there is no row 'nothing'; rows: " + " ".join(names), refused.stderr)

    def test_a_page_without_marks_is_refused_before_anything_is_measured(self):
        refused = self.run_table("--row", "growth", "--markdown", ROOT / "LICENSE")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("error: the page has no '<!-- the last table", refused.stderr)

    def test_a_table_goes_from_json_into_a_page(self):
        with tempfile.TemporaryDirectory() as folder:
            table, page = Path(folder) / "table.json", Path(folder) / "page.md"
            outcome.write_json(table, [Row("fast", "work", "", [Figure("", 24.0, "times", Goal(20.0))])], {"cpu": "a"})
            page.write_text(f"{outcome.BEGIN}\n{outcome.END}\n")
            self.assertEqual(self.run_table("--from", table, "--markdown", page).returncode, 0)
            self.assertIn("| work | - | at least 20 times | 24 times | **met** | `--row fast` |", page.read_text())

    def test_the_committed_page_has_its_marks(self):
        outcome.put_block((ROOT / "docs/benchmarks.md").read_text(encoding="utf-8"), "")


class Read(unittest.TestCase):
    def test_the_first_step_of_a_peer_warms_up(self):
        output = ("step 0 delta-NLL 0.1 in 9.000s\nstep 1 delta-NLL 0.2 in 4.000s\n"
                  "step 10 dNLL 0.3 nll 3.1 2.00s\n0.25 spans/s\n")
        self.assertEqual(spans.peer_rates(output), [0.25, 0.5])

    def test_a_peer_without_steps_is_said(self):
        with self.assertRaises(spans.Unmeasured):
            spans.peer_rates("step 0 delta-NLL 0.1 in 9.000s\n")

    def test_samples_are_spread_over_the_rounds(self):
        for rounds in (1, 2, 3, 5):
            spread = spans.samples_of_rounds(rounds)
            self.assertEqual(sum(spread), spans.SAMPLES)
            self.assertLessEqual(max(spread) - min(spread), 1)

    def test_instructions_are_those_of_one_by_the_difference_of_two_counts(self):
        def dump(part, total):
            return f"version: 1\ndesc: Trigger: Client Request: {part}\nevents: Ir\nsummary: {total}\n"
        dumps = [dump("step:10", 5_000), dump("step:20", 9_000), "desc: Trigger: Program termination\nsummary: 77\n"]
        self.assertEqual(programs.instructions_of(dumps), {"step": 400})


if __name__ == "__main__":
    unittest.main()
