"""Where the benchmark's programs, model, texts and scratch files are, and how processes are run and watched."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build/release"
SCRATCH = ROOT / "build/bench"


class Unmeasured(Exception):
    """A row cannot be measured here; the message says why."""


@dataclass(frozen=True)
class Finished:
    output: str
    seconds: float
    processor_seconds: float  # of all its threads
    peak_bytes: int  # most resident memory of the process


class Workplace:
    """What rows share. `peers`: the Python that has the peers' packages; `step_peer`: the script of their training
    step; `threads`: of both sides."""

    def __init__(self, peers, step_peer, threads, rounds=None, steps=None):
        self.peers = peers
        self.step_peer = Path(step_peer)
        self.threads = threads
        self.rounds = rounds  # fewer than a row's own, to try it out
        self.steps = steps
        self.environment = dict(os.environ, OMP_NUM_THREADS=str(threads), RAYON_NUM_THREADS=str(threads),
                                TOKENIZERS_PARALLELISM="true", HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1",
                                HF_HOME=str(SCRATCH / "huggingface"), PYTHONDONTWRITEBYTECODE="1")
        SCRATCH.mkdir(parents=True, exist_ok=True)

    @property
    def model(self):
        with open(ROOT / "data/catalog.toml", "rb") as file:
            name = tomllib.load(file)["model"]["smollm2-135m-instruct"]["file"]
        path = ROOT / "data/models" / name
        if not path.exists():
            raise Unmeasured(f"{path.relative_to(ROOT)} is not there; run scripts/fetch-model.sh")
        return path

    def program(self, name):
        path = BUILD / name
        if not path.exists():
            raise Unmeasured(f"{path.relative_to(ROOT)} is not there; run  cmake --build --preset release")
        return path

    def run(self, command, extra=None):
        """Runs to the end. Raises Unmeasured with the last lines of what it said where it fails."""
        log = SCRATCH / f"output-{os.getpid()}"
        with open(log, "w+", encoding="utf-8") as output, open(f"{log}.errors", "w+", encoding="utf-8") as errors:
            begin = time.perf_counter()
            process = subprocess.Popen([str(word) for word in command], cwd=ROOT, stdout=output, stderr=errors,
                                       env={**self.environment, **(extra or {})})
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except KeyboardInterrupt:
                process.send_signal(signal.SIGINT)
                os.wait4(process.pid, 0)
                raise
            seconds = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            errors.seek(0)
            said, complaint = output.read(), errors.read()
        os.remove(log)
        os.remove(f"{log}.errors")
        if process.returncode != 0:
            last = " / ".join((complaint or said).strip().splitlines()[-3:])
            raise Unmeasured(f"{Path(command[0]).name} failed with {process.returncode}: {last}")
        return Finished(said, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)

    def run_json(self, command, extra=None):
        """The JSON that a program prints as its last line."""
        finished = self.run(command, extra)
        try:
            return json.loads(finished.output.strip().splitlines()[-1])
        except (ValueError, IndexError) as error:
            raise Unmeasured(f"{Path(command[0]).name} printed no JSON: {error}") from error

    def peer_python(self, module):
        """The peers' Python, where it has `module`."""
        if self.peers is None or not Path(self.peers).exists():
            raise Unmeasured("there is no Python with the peers' packages; scripts/bench.sh makes .venv-peers")
        if subprocess.run([self.peers, "-c", f"import {module}"], capture_output=True, check=False).returncode != 0:
            raise Unmeasured(f"{self.peers} has no {module}")
        return self.peers

    def novels(self):
        """A folder of whole novels, one file each: documents long enough for any setting."""
        source, target = ROOT / "data/text/novels", SCRATCH / "novels"
        chapters = sorted(source.glob("*__*.txt"))
        if not chapters:
            raise Unmeasured("data/text/novels is not there; run scripts/fetch-text.sh")
        partial = SCRATCH / "novels.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for chapter in chapters:
            with open(partial / (chapter.name.split("__")[0] + ".txt"), "a", encoding="utf-8") as novel:
                novel.write(chapter.read_text(encoding="utf-8") + "\n\n")
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
        return target


def say(text):
    print(text, file=sys.stderr, flush=True)
