"""notebook_test.py GISTMILL: docs/notebook/gistnet.ipynb runs from its first cell to its last, on a few steps, and shows the
curve and the report; what is committed has no outputs. Exits 77 without GISTMILL_MODEL, or without nbclient and
ipykernel (.venv-tests, or the python that runs this)."""
import glob
import os
import pathlib
import random
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
SITE = glob.glob(str(ROOT / ".venv-tests/lib/python3.*/site-packages"))
sys.path[:0] = SITE
NOTEBOOK = ROOT / "docs/notebook/gistnet.ipynb"
SMALL = ["corpus.document=192", "corpus.spans=3", "corpus.first=32", "heldout.document=256", "heldout.spans=2",
         "heldout.first=32", "other.shift=1", "documents.group=file", "documents.hold_out=[]",
         "documents.validation=0.3"]
WORDS = "the river turned slowly under a grey bridge while people walked home and lamps were lit one by one".split()


def write_text(folder):
    """Made-up prose: what it says does not matter here."""
    folder.mkdir()
    for document in range(12):
        words = random.Random(document).choices(WORDS, k=600)
        (folder / f"{document}.txt").write_text(" ".join(words))


def outputs_of(cell):
    return "".join("".join(output.get("text", "")) + str(output.get("data", "")) for output in cell.get("outputs", []))


def main():
    try:
        import nbformat
        from nbclient import NotebookClient
    except ImportError:
        print("skipped: no nbclient; scripts/test.sh installs it into .venv-tests")
        sys.exit(77)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    committed = [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]
    assert not committed, "the notebook is committed with outputs: clear them"
    model = os.environ.get("GISTMILL_MODEL")
    if not model or not os.path.exists(model):
        print("skipped: no model: set GISTMILL_MODEL")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        write_text(folder / "text")
        values = ["run.steps=3", "evaluations.heldout.steps=2", f"variables.model={model}",
                  f"variables.text={folder / 'text'}", f"run.prepared={folder / 'prepared'}"]
        values += ["components." + value for value in SMALL]
        os.environ |= {"GISTMILL": os.path.abspath(sys.argv[1]), "GISTNET_RUN": str(folder / "run"),
                       "GISTNET_SETTINGS": " ".join(f"--set '{value}'" for value in values),
                       "PYTHONPATH": os.pathsep.join(SITE), "IPYTHONDIR": str(folder / "ipython"),
                       "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
        NotebookClient(notebook, timeout=300, kernel_name="python3",
                       resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    shown = [outputs_of(cell) for cell in notebook.cells]
    assert any("contextual: loss" in each for each in shown), "no curve"
    assert any("3 steps, loss" in each for each in shown), shown
    assert any("iframe srcdoc" in each and "Worst and best" in each for each in shown), "no report"
    print("every cell ran; the curve and the report are shown")


main()
