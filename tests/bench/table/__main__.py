#!/usr/bin/env python3
"""Measures the table of docs/benchmarks.md and prints it, a row as soon as it is known. scripts/bench.sh builds,
fetches and calls this."""
import argparse
import os
import sys
import time

import corpus
import distillation
import focus
import gist
import growth
import ladder
import lens
import machine
import outcome
import programs
import ranks
import spans
import sweeps
import texts
import vocabularies
from workplace import ROOT, Unmeasured, Workplace, say

TASKS = (spans.TASKS + programs.TASKS + distillation.TASKS + corpus.TASKS + growth.TASKS + ladder.TASKS + sweeps.TASKS + gist.TASKS +
         focus.TASKS + lens.TASKS + ranks.TASKS + texts.TASKS + vocabularies.TASKS)


def arguments_of(words):
    parser = argparse.ArgumentParser(prog="scripts/bench.sh", description=__doc__.split(". ")[0] + ".")
    parser.add_argument("--row", action="append", metavar="NAME", help="only this row; may be given more than once")
    parser.add_argument("--quick", action="store_true", help="only rows that need no peer")
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("--json", metavar="FILE", help="write the table as JSON too, anew after every row")
    parser.add_argument("--markdown", metavar="FILE", help="put the table between the marks of this page, as in "
                        "docs/benchmarks.md; with --from, without measuring")
    parser.add_argument("--from", dest="source", metavar="FILE", help="take the rows of this JSON, measure nothing")
    parser.add_argument("--peer", default=ROOT / "tests/bench/peers/span_step.py", metavar="FILE",
                        help="another training step with the command line of tests/bench/peers/span_step.py")
    parser.add_argument("--threads", type=int, default=2, help="of both sides (2)")
    parser.add_argument("--rounds", type=int, help="processes a side, to try a row out; a figure to quote needs them all")
    parser.add_argument("--steps", type=int, help="counted steps a process, to try a row out")
    arguments = parser.parse_args(words)
    names = [task.name for task in TASKS]
    for name in arguments.row or []:
        if name not in names:
            parser.error(f"there is no row '{name}'; rows: {' '.join(names)}")
    return arguments


def chosen_tasks(arguments):
    return [task for task in TASKS if (not arguments.row or task.name in arguments.row)
            and not (arguments.quick and task.needs_peer)]


def measured_row(task, work, measurements):
    begin = time.perf_counter()
    try:
        measured = task.measure(work, measurements)
    except Unmeasured as why:
        measured = outcome.Measured([], note=str(why))
    return task.row(measured, time.perf_counter() - begin)


def measure(arguments, description):
    work = Workplace(os.environ.get("GISTMILL_PEERS_PYTHON", ROOT / ".venv-peers/bin/python"), arguments.peer,
                     arguments.threads, arguments.rounds, arguments.steps)
    measurements = spans.SpanMeasurements(work)
    tasks = chosen_tasks(arguments)
    for task in tasks:
        for setting, sides in task.wants:
            measurements.want(setting, *sides)
    rows = []
    for task in tasks:
        say(f"{task.name} ...")
        rows.append(measured_row(task, work, measurements))
        print(outcome.text_of(rows[-1]), flush=True)
        if arguments.json:
            outcome.write_json(arguments.json, rows, description)
    return rows


def put_into_page(path, rows, description):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    outcome.write_whole(path, outcome.put_block(page, outcome.markdown_of(rows, description)))


def check_targets(arguments, description):
    """What would be lost at the end is refused at the start."""
    if arguments.markdown:
        with open(arguments.markdown, encoding="utf-8") as file:
            outcome.put_block(file.read(), "")
    if arguments.json:
        outcome.write_json(arguments.json, [], description)


def run(arguments):
    if arguments.list:
        print("\n".join(task.name for task in TASKS))
        return
    if arguments.source:
        rows, description = outcome.read_json(arguments.source)
        print("\n".join(map(outcome.text_of, rows)))
    else:
        description = machine.describe(arguments.threads)
        check_targets(arguments, description)
        print(outcome.machine_text(description), flush=True)
        rows = measure(arguments, description)
    if arguments.markdown:
        put_into_page(arguments.markdown, rows, description)


def main():
    try:
        run(arguments_of(sys.argv[1:]))
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
