"""compare_test.py BENCH [--text FILE...] [--bytes N] [--random N]: every vocabulary in data/vocabularies gives the ids of
PyPI `tokenizers`, or is refused for the reason that data/vocabularies.toml tells. Without --text the text is this
repository's own: prose, code, tables. Exits 77 where there are no vocabularies, or no `tokenizers` (.venv-peers, or the
python that runs this)."""

import argparse
import glob
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib

PACKAGES = glob.glob(".venv-peers/lib/python3.*/site-packages")
sys.path[:0] = PACKAGES
FOLDER = pathlib.Path("data/vocabularies")
COMPARE = "tests/bench/tokenizer/compare_with_tokenizers.py"
TEXT = ("docs/*.md", "README.md", "recipes/**/*.toml", "host/**/*.cpp", "scripts/*", "tests/**/*.json")


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def refusal(bench, model):
    """What the tokenizers say of a file that they do not take."""
    done = subprocess.run([bench, "encode", model], input=b"", capture_output=True)
    return done.stderr.decode(errors="replace") if done.returncode else None


def comparison(bench, model, arguments):
    """The rows that compare_with_tokenizers.py prints. `tokenizers` knows no files beside tokenizer.json, so none is there
    for either."""
    path = os.pathsep.join([*PACKAGES, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    with tempfile.TemporaryDirectory() as folder:
        alone = pathlib.Path(folder, "tokenizer.json")
        alone.symlink_to(model.resolve())
        command = [sys.executable, COMPARE, "--bench", bench, "--text", *arguments.text, "--bytes", str(arguments.bytes)]
        command += ["--random", str(arguments.random), str(alone)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
    if not done.stdout:
        sys.exit(f"{model}: {done.stderr}")
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--text", nargs="*", default=None)
    parser.add_argument("--bytes", type=int, default=2_000_000)
    parser.add_argument("--random", type=int, default=2000)
    arguments = parser.parse_args()
    if arguments.text is None:
        arguments.text = sorted(name for pattern in TEXT for name in glob.glob(pattern, recursive=True))
    with open("data/vocabularies.toml", "rb") as file:
        entries = tomllib.load(file)["vocabulary"]
    there = {name: FOLDER / name / "tokenizer.json" for name in entries if (FOLDER / name / "tokenizer.json").exists()}
    if not there:
        skip(f"no vocabularies in {FOLDER}; scripts/fetch-vocabularies.sh fetches them")
    try:
        import tokenizers  # noqa: F401
    except ImportError:
        skip("no `tokenizers` in this Python; scripts/bench.sh installs it into .venv-peers")
    wrong = 0
    for name, model in there.items():
        said, expected = refusal(arguments.bench, model), entries[name].get("refused")
        if said is not None or expected is not None:
            right = said is not None and expected is not None and expected in said
            print(f"{name}: {'refused, as it should be' if right else 'WRONG: ' + str(said)}", flush=True)
            wrong += not right
            continue
        rows = comparison(arguments.bench, model, arguments)
        for kind in ("text", "random", "random_as_text"):
            row = rows[kind]
            print(f"{name}: {kind}: {row['texts']} texts, {row['tokens']} tokens, {row['mismatches']} differ", flush=True)
            for example in row["examples"]:
                print("  ", example)
            wrong += row["mismatches"]
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
