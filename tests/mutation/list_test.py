#!/usr/bin/env python3
"""The list of mutants follows the code, and the program that runs it loses no file."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import run as mutation


class List(unittest.TestCase):
    mutants = mutation.read_list()

    def test_every_mutant_changes_one_place_of_its_file(self):
        for mutant in self.mutants:
            self.assertEqual((ROOT / mutant["file"]).read_text().count(mutant["old"]), 1, mutant["name"])
            self.assertNotEqual(mutant["old"], mutant["new"], mutant["name"])

    def test_every_mutant_says_what_it_breaks_under_a_name_of_its_own(self):
        names = [mutant["name"] for mutant in self.mutants if mutant["breaks"]]
        self.assertEqual(len(set(names)), len(self.mutants))

    def test_every_mutant_has_tests_that_exist(self):
        listings = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("CMakeLists.txt"))
        programs = set(re.findall(r"gistmill_add_test\(\s*(\w+)", listings))
        sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*_test.cpp"))
        suites = set(re.findall(r"^TEST\w*\(\s*(\w+)", sources, re.M))
        for mutant in self.mutants:
            self.assertTrue(mutant["tests"], mutant["name"])
            for test in mutant["tests"]:
                program, _, filters = test.partition(":")
                self.assertIn(program, programs, mutant["name"])
                for suite in re.findall(r"(\w+)\.", filters):
                    self.assertIn(suite, suites, mutant["name"])

    def test_the_list_covers_the_run_the_losses_and_the_compressors(self):
        for folder, least in (("host/run/", 30), ("plugins/loss/", 10), ("plugins/gistnet/", 10)):
            self.assertGreaterEqual(sum(mutant["file"].startswith(folder) for mutant in self.mutants), least)


# Stands for cmake: the file is "compiled" where it holds no syntax error; with "slow" in it, that takes long.
CMAKE = """#!/bin/sh
grep -q slow code.txt && sleep 60
! grep -q error code.txt
"""
# Stands for a test program: it looks at one line of the file.
PROGRAM = """#!/bin/sh
grep -q right code.txt || { echo '[  FAILED  ] Code.IsRight (0 ms)'; exit 1; }
"""
MUTANTS = """
[[mutant]]
name = "seen"
file = "code.txt"
old = "right"
new = "wrong"
breaks = "what the test looks at"
tests = ["code_test"]
[[mutant]]
name = "unseen"
file = "code.txt"
old = "other"
new = "another"
breaks = "what no test looks at"
tests = ["code_test"]
[[mutant]]
name = "gone"
file = "code.txt"
old = "nowhere"
new = ""
breaks = "nothing"
tests = ["code_test"]
[[mutant]]
name = "no-code"
file = "code.txt"
old = "right"
new = "error"
breaks = "the build"
tests = ["code_test"]
[[mutant]]
name = "slow"
file = "code.txt"
old = "other"
new = "slow"
breaks = "patience"
tests = ["code_test"]
"""
TEXT = "right\nother\n"


class Run(unittest.TestCase):
    """In a repository of one file, with stand-ins for the build and for a test program."""

    def setUp(self):
        self.root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        self.write("tests/mutation/mutants.toml", MUTANTS)
        shutil.copy(HERE / "run.py", self.root / "tests/mutation")
        self.write("bin/cmake", CMAKE).chmod(0o755)
        self.write("build/release/tests/code_test", PROGRAM).chmod(0o755)
        self.code = self.write("code.txt", TEXT)
        for words in ("init -q", "add code.txt", "-c user.name=a -c user.email=a@b commit -qm a"):
            subprocess.run(["git", *words.split()], cwd=self.root, check=True)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, *words):
        return subprocess.Popen([sys.executable, self.root / "tests/mutation/run.py", *words], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env={**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"})

    def ends(self, *words):
        process = self.start(*words)
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def test_a_mutant_that_a_test_notices_is_killed_by_that_test(self):
        code, output = self.ends("seen")
        self.assertEqual(code, 0, output)
        self.assertIn("killed", output)
        self.assertIn("code_test Code.IsRight", output)
        self.assertIn("1 mutants, 1 killed: 100.0 %", output)

    def test_one_that_nothing_notices_survives_and_is_named(self):
        code, output = self.ends("seen", "unseen")
        self.assertEqual(code, 1)
        self.assertIn("2 mutants, 1 killed: 50.0 %", output)
        self.assertIn("SURVIVED: unseen", output)

    def test_one_that_fits_the_code_no_more_or_does_not_build_is_no_success(self):
        for name, said in (("gone", "did not apply: gone"), ("no-code", "did not build: no-code")):
            code, output = self.ends(name)
            self.assertEqual(code, 1)
            self.assertIn(said, output)

    def test_numbers_and_ranges_choose_too(self):
        self.assertIn("2 mutants", self.ends("1-2")[1])
        code, output = self.ends("9")
        self.assertEqual(code, 1)
        self.assertIn("no mutant is called 9", output)

    def test_the_file_is_as_it_was_afterwards(self):
        for name in ("seen", "unseen", "no-code"):
            self.ends(name)
            self.assertEqual(self.code.read_text(), TEXT)

    def test_signals_put_the_file_back(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            process = self.start("slow")
            while "slow" not in self.code.read_text():
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            process.send_signal(number)
            process.communicate(timeout=10)
            self.assertEqual(process.returncode, 130)
            self.assertEqual(self.code.read_text(), TEXT)

    def test_a_file_with_changes_of_its_own_is_left_alone(self):
        self.code.write_text("right\nother, and mine\n")
        code, output = self.ends("seen")
        self.assertEqual(code, 1)
        self.assertIn("not committed", output)
        self.assertEqual(self.code.read_text(), "right\nother, and mine\n")

    def test_tests_that_fail_anyway_tell_nothing(self):
        self.write("build/release/tests/code_test", "#!/bin/sh\nexit 3\n")
        code, output = self.ends("seen")
        self.assertEqual(code, 1)
        self.assertIn("fails without a mutant: code_test exits with 3", output)


if __name__ == "__main__":
    unittest.main()
