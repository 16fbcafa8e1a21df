"""to_wandb_test.py: scripts/to-wandb.py writes a run for W&B that has every step once, a resumed run included. Exits 77
where there is no wandb (.venv-tests, or the python that runs this)."""
import glob
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = glob.glob(str(ROOT / ".venv-tests/lib/python3.*/site-packages"))
sys.path[:0] = SITE
try:
    import wandb  # noqa: F401
    from wandb.proto import wandb_internal_pb2
except ImportError:
    print("skipped: no wandb; scripts/test.sh installs it into .venv-tests")
    sys.exit(77)

HEADER = 7            # of the file, then of each piece: checksum, length, kind
BLOCK = 32 * 1024     # no piece crosses its end
LAST_PIECES = (1, 4)  # whole record, last piece of one


def records(path):
    """What wandb wrote: pieces of records in blocks, as LevelDB's log has them."""
    data = path.read_bytes()
    place, record = HEADER, b""
    while place + HEADER <= len(data):
        if BLOCK - place % BLOCK < HEADER:
            place += BLOCK - place % BLOCK
            continue
        length, kind = struct.unpack_from("<HB", data, place + 4)
        record += data[place + HEADER:place + HEADER + length]
        place += HEADER + length
        if kind in LAST_PIECES:
            yield wandb_internal_pb2.Record.FromString(record)
            record = b""


def history(folder):
    """Row by row the metrics that W&B will show."""
    (path,) = pathlib.Path(folder).glob("wandb/offline-run-*/*.wandb")
    rows = []
    for record in records(path):
        if record.WhichOneof("record_type") == "history":
            items = record.history.item
            rows.append({item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items})
    return rows


def export(run, folder):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(SITE), "WANDB_SILENT": "true"}
    command = [sys.executable, ROOT / "scripts/to-wandb.py", run, "--project", "test", "--offline"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def step(number, loss):
    return {"event": "step", "stage": "refine", "step": number, "time": 1.0, "loss": loss, "losses": {"apart": 0.5}}


def main():
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder) / "run"
        run.mkdir()
        measured = {"event": "evaluation", "stage": "refine", "step": 4, "time": 1.0, "name": "heldout",
                    "entries": [{"variant": "gist", "figure": "delta_nll.32", "value": 0.25}]}
        # Killed after step 5, resumed from the checkpoint of step 3; a last line that was cut short.
        events = [{"event": "run_started", "time": 1.0}] + [step(n, 1.0 / n) for n in range(1, 5)]
        events += [measured, step(5, 0.2), {"event": "run_started", "time": 2.0, "resumed": True}]
        events += [step(4, 0.5), measured, step(5, 0.4), step(6, None)]
        text = "".join(json.dumps(event) + "\n" for event in events)
        (run / "events.jsonl").write_text(text + '{"event": "st')
        answer = export(run, folder)
        assert answer.returncode == 0, answer.stderr
        rows = history(folder)
        losses = [(row["refine/step"], row["refine/loss"]) for row in rows if "refine/loss" in row]
        assert losses == [(1, 1.0), (2, 0.5), (3, 1.0 / 3), (4, 0.5), (5, 0.4)], rows
        assert [row["refine/step"] for row in rows] == [1, 2, 3, 4, 4, 5, 6], rows
        assert [row["refine/heldout/delta_nll.32/gist"] for row in rows if len(row) and any("heldout" in key for key in row)] == [0.25]
        assert all(row["refine/losses/apart"] == 0.5 for row in rows if "refine/loss" in row)
        assert "no folder of a run" in export(pathlib.Path(folder) / "nowhere", folder).stderr
    print("W&B has every step once")


main()
