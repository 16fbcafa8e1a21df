"""page_test.py GISTMILL [FOLDER [PAGE]]: a run's page in a real browser, light, dark and printed, in several widths: no text
lies on other text or is cut off, and no request leaves. Pictures go to FOLDER, so that they can be looked at. Exits 77
where there is no Chromium."""
import pathlib
import subprocess
import sys
import tempfile

import browser as chromium
import made_up_run

WIDTHS = (1400, 1100, 700, 390)
BOXES = (pathlib.Path(__file__).parent / "boxes.js").read_text(encoding="utf-8")


def faults_of(browser, page, width, scheme, picture, media=""):
    browser.open(page, width, scheme, media)
    browser.picture(picture)
    boxes = browser.value(BOXES)
    assert boxes["texts"] > 300, f"only {boxes['texts']} texts: is this the page?"
    where = f"{width} wide, {media or scheme}"
    return [f"{where}: {kind}: {each}" for kind in ("overlaps", "cut", "wide") for each in boxes[kind]]


def look(browser, page, pictures):
    faults = []
    backgrounds = set()
    for scheme in ("light", "dark"):
        for width in WIDTHS:
            faults += faults_of(browser, page, width, scheme, pictures / f"{scheme}-{width}.png")
        backgrounds.add(browser.value("getComputedStyle(document.body).backgroundColor"))
    assert len(backgrounds) == 2, "light and dark look the same"
    # An A4 page without its margins.
    faults += faults_of(browser, page, 720, "light", pictures / "print.png", "print")
    pdf = browser.pdf()
    (pictures / "print.pdf").write_bytes(pdf)
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") >= 2, "the page does not print"
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:40])
    left = {request for request in browser.requests if request != page.resolve().as_uri()}
    assert not left, f"the page asks for {left}"
    assert browser.value("document.scripts.length") == 0


def main():
    program = chromium.found()
    if program is None:
        print("skipped: no Chromium (Debian: chromium)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "run"
        pictures = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else scratch)
        pictures.mkdir(parents=True, exist_ok=True)
        page = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else folder / "report.html"
        if len(sys.argv) <= 3:
            made_up_run.write(folder)
            subprocess.run([sys.argv[1], "report", folder], check=True, stdout=subprocess.DEVNULL)
        browser = chromium.Browser(program)
        try:
            look(browser, page, pictures)
        finally:
            browser.close()
    print(f"no text lies on other text in {2 * len(WIDTHS)} looks and in print; nothing was fetched")


main()
