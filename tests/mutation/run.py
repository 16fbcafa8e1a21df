#!/usr/bin/env python3
"""Puts the mistakes of mutants.toml into the tree, one at a time, and says whether the tests notice.

A mutant is killed where a test fails, crashes or hangs. The file that it changes is put back whatever happens, but for
SIGKILL. Exit code: 0 where at least 95 % were killed, 1 where fewer were, where a mutant does not fit the code any
more, or where the tests fail without it, 2 for usage.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).resolve().with_name("mutants.toml")
GOAL = 0.95
TEST_SECONDS = 120  # then it hangs
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

KILLED, SURVIVED, UNFIT, UNBUILT = "killed", "SURVIVED", "did not apply", "did not build"


class Refused(Exception):
    """Nothing can be said about any mutant."""


class NoTest(Exception):
    """A filter that names none."""


def read_list(path=LIST):
    return tomllib.loads(path.read_text())["mutant"]


def chosen(mutants, words):
    """Those that `words` name: names, numbers from 1, and ranges of numbers; all without a word."""
    if not words:
        return mutants
    found = []
    for word in words:
        numbers = re.fullmatch(r"(\d+)(?:-(\d+))?", word)
        if numbers:
            first, last = int(numbers[1]), int(numbers[2] or numbers[1])
            found += mutants[first - 1:last] if first > 0 else []
        else:
            found += [mutant for mutant in mutants if mutant["name"] == word]
    if not found:
        raise Refused(f"no mutant is called {' '.join(words)}; --list shows them")
    return found


def program_of(test):
    return test.partition(":")[0]


def call(command, seconds=None):
    """Runs a command in a session of its own, which ends with it. Answers exit code and output; None: it hung."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", start_new_session=True,
                               env={**os.environ, "GISTMILL_CHECK": "1"})
    try:
        output, _ = process.communicate(timeout=seconds)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def build(tests):
    programs = dict.fromkeys(program_of(test) for test in tests)
    return call(["cmake", "--build", "--preset", "release", "--target", *programs])


def failure_of(test):
    """What a test program complains of; empty where it passes."""
    program, _, filter_ = test.partition(":")
    command = [f"build/release/tests/{program}", "--gtest_fail_fast", "--gtest_brief=1"]
    code, output = call(command + ([f"--gtest_filter={filter_}"] if filter_ else []), TEST_SECONDS)
    if code is None:
        return f"{program} hangs"
    if code == 0 and re.search(r"Running 0 tests|^\[==========\] 0 tests", output, re.M):
        raise NoTest(f"{test} names no test")
    failed = re.search(r"^\[  FAILED  \] (\S+?),? ", output, re.M)
    return "" if code == 0 else f"{program} {failed[1] if failed else f'exits with {code}'}"


def outcome_of(mutant):
    """Puts the mutant in, builds, tests, takes it out. Answers what became of it and who noticed."""
    path = ROOT / mutant["file"]
    before = path.read_text()
    if before.count(mutant["old"]) != 1:
        return UNFIT, f"{mutant['file']} does not hold its text once"
    try:
        path.write_text(before.replace(mutant["old"], mutant["new"]))
        code, output = build(mutant["tests"])
        if code != 0:
            errors = [line for line in output.splitlines() if "error" in line]
            return UNBUILT, errors[0] if errors else output[-300:]
        for test in mutant["tests"]:
            if failure := failure_of(test):
                return KILLED, failure
        return SURVIVED, mutant.get("stays", mutant["breaks"])
    except NoTest as error:
        return UNFIT, error
    finally:
        put_back(path, before)


def put_back(path, text):
    """With a new time of its own, so that the build sees it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    path.write_text(text)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def refuse_changed(mutants):
    """A file with changes of its own could be lost."""
    files = sorted({mutant["file"] for mutant in mutants})
    code, changed = call(["git", "status", "--porcelain", "--untracked-files=no", "--", *files])
    if code != 0 or changed:
        raise Refused(f"there are changes that are not committed:\n{changed}commit or stash them")


def refuse_failing(mutants):
    """What fails without a mutant tells nothing of one."""
    tests = {test for mutant in mutants for test in mutant["tests"]}
    code, output = build(sorted(tests))
    if code != 0:
        raise Refused(f"does not build without a mutant:\n{output[-2000:]}")
    for program in sorted({program_of(test) for test in tests}):
        filters = sorted(test.partition(":")[2] for test in tests if program_of(test) == program)
        if failure := failure_of(f"{program}:{':'.join(filters)}" if all(filters) else program):
            raise Refused(f"fails without a mutant: {failure}")


def run(mutants):
    results = []
    for number, mutant in enumerate(mutants, 1):
        began = time.monotonic()
        result, text = outcome_of(mutant)
        results.append((mutant, result))
        print(f"{number:3}/{len(mutants)}  {result:13} {mutant['name']}: {text} ({time.monotonic() - began:.0f} s)",
              flush=True)
    return results


def summary(results):
    """What is printed at the end, and whether that is good enough."""
    names = {kind: [mutant["name"] for mutant, result in results if result == kind]
             for kind in (KILLED, SURVIVED, UNFIT, UNBUILT)}
    share = len(names[KILLED]) / len(results)
    text = f"{len(results)} mutants, {len(names[KILLED])} killed: {100 * share:.1f} % (goal: {100 * GOAL:.0f} %)"
    for kind in (SURVIVED, UNFIT, UNBUILT):
        if names[kind]:
            text += f"\n{kind}: {', '.join(names[kind])}"
    noted = [mutant["name"] for mutant, result in results if result == KILLED and "stays" in mutant]
    if noted:
        text += f"\nlisted as staying, and killed: {', '.join(noted)}"
    return text, share >= GOAL and not names[UNFIT] and not names[UNBUILT]


def leave(*_):
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)  # the file goes back now
    sys.exit(130)


def main(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mutant", nargs="*", help="name, number or range of numbers (7-12); all without one")
    parser.add_argument("--list", action="store_true", help="numbers, names and what they break")
    asked = parser.parse_args(words)
    for number in STOPS:
        signal.signal(number, leave)
    mutants = read_list()
    if asked.list:
        for number, mutant in enumerate(mutants, 1):
            print(f"{number:3}  {mutant['file']}  {mutant['name']}: {mutant['breaks']}")
        return 0
    try:
        mutants = chosen(mutants, asked.mutant)
        refuse_changed(mutants)
        refuse_failing(mutants)
        text, good = summary(run(mutants))
    except (Refused, NoTest) as refusal:
        print(f"mutation: {refusal}", file=sys.stderr)
        return 1
    print(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
