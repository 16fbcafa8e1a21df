"""labels_to_parquet_test.py: scripts/labels-to-parquet.py writes a row for each swap that was measured, and nothing where it
fails. Exits 77 where there is no h5py or pyarrow (.venv-tests, .venv, or the python that runs this)."""
import glob
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = [path for venv in (".venv-tests", ".venv") for path in glob.glob(str(ROOT / venv / "lib/python3.*/site-packages"))]
sys.path[:0] = SITE
try:
    import h5py
    import numpy as np
    import pyarrow.parquet as pq
except ImportError:
    print("skipped: no h5py or pyarrow; scripts/test.sh installs them into .venv-tests")
    sys.exit(77)

NAN = float("nan")


def write_labels(path, version=1):
    """Two contexts of one session: two entries, of which one goes both ways, then three, of which one was measured."""
    with h5py.File(path, "w") as file:
        file.attrs.update({"format": np.bytes_("gistmill-focus-labels"), "version": np.uint32(version),
                           "teacher": np.bytes_("teacher/llama"), "block": 32})
        file["session/name"] = np.array([b"emma"])
        for key, values in {"session/number": [7], "snapshot/session": [0, 0], "snapshot/cursor": [64, 96],
                            "snapshot/budget": [80, 80], "snapshot/entries": [2, 3], "entry/level": [0, 1, 0, 0, 1],
                            "entry/start": [0, 32, 0, 32, 64], "entry/residency": [1, 2, 3, 4, 5],
                            "entry/last_action": [0, -1, 0, 0, 1]}.items():
            file[key] = np.array(values, np.int32)
        file["snapshot/base_loss"] = np.array([3.5, NAN], np.float32)
        file["entry/utility_nll"] = np.array([[NAN, NAN], [0.5, -0.25], [NAN, NAN], [NAN, NAN], [0.125, NAN]], np.float32)
        file["entry/utility_kl"] = np.array([[NAN, NAN], [0.75, NAN], [NAN, NAN], [NAN, NAN], [NAN, NAN]], np.float32)


def export(labels, table):
    command = [sys.executable, ROOT / "scripts/labels-to-parquet.py", labels, table]
    path = ":".join(SITE)
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin"})


def main():
    with tempfile.TemporaryDirectory() as folder:
        labels, table = (pathlib.Path(folder) / name for name in ("labels.h5", "table.parquet"))
        write_labels(labels)
        made = export(labels, table)
        assert made.returncode == 0, made.stderr
        found = pq.read_table(table)
        assert found.to_pylist() == [
            dict(session=7, name="emma", cursor=64, budget=80, base_loss=3.5, entry=1, level=1, start=32, residency=2,
                 last_action=-1, direction=1, utility_nll=0.5, utility_kl=0.75),
            dict(session=7, name="emma", cursor=64, budget=80, base_loss=3.5, entry=1, level=1, start=32, residency=2,
                 last_action=-1, direction=-1, utility_nll=-0.25, utility_kl=None),
            dict(session=7, name="emma", cursor=96, budget=80, base_loss=None, entry=2, level=1, start=64, residency=5,
                 last_action=1, direction=1, utility_nll=0.125, utility_kl=None)], found.to_pylist()
        assert found.schema.metadata[b"teacher"] == b"teacher/llama"
        table.unlink()
        write_labels(labels, version=2)
        refused = export(labels, table)
        assert refused.returncode == 1 and "version 2 when it should be" in refused.stderr, refused.stderr
        assert export(pathlib.Path(folder) / "none.h5", table).returncode == 1
        assert sorted(pathlib.Path(folder).iterdir()) == [labels], "nothing is left behind"


main()
