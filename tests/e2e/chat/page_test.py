#!/usr/bin/env python3
"""The page of `gistmill chat --http` in headless Chromium: it draws the working context, sends a message, shows the answer as
it comes, and asks nothing of any other server.

    page_test.py GISTMILL RECIPE

Needs Chromium and GISTMILL_MODEL; without them exit code 77, which ctest shows as skipped.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "page"))
import browser as headless  # noqa: E402

PROGRAM, RECIPE = sys.argv[1], sys.argv[2]
MODEL = os.environ.get("GISTMILL_MODEL", "")


class ChatPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        history = Path(cls.folder.name) / "history.txt"
        history.write_text("".join(f"Line {i} is about the {['river', 'lamp', 'bridge'][i % 3]}.\n" for i in range(400)))
        command = [PROGRAM, "chat", RECIPE, "--http", "127.0.0.1:0", "--json", "--max-tokens", "48", "--history", str(history),
                   "--set", f"variables.model={MODEL}", "--set", "variables.budget=256"]
        cls.server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        cls.url = json.loads(cls.server.stdout.readline())["url"]
        cls.browser = headless.Browser(headless.found())

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.server.send_signal(signal.SIGINT)
        cls.server.wait(timeout=30)
        cls.server.stdout.close()
        cls.folder.cleanup()

    def waits_for(self, expression, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.browser.value(expression):
                return
            time.sleep(0.1)
        self.fail(f"this never became true: {expression}")

    def test_shows_the_context_live_and_talks(self):
        page = self.browser
        page.call("Page.navigate", url=self.url)
        self.waits_for("document.querySelectorAll('#strip rect').length > 10")
        self.assertIn("of 256 rows", page.value("document.getElementById('summary').textContent"))
        levels = page.value("[...new Set([...document.querySelectorAll('#strip rect')].map(r => r.dataset.level))].sort().join()")
        self.assertEqual(levels[:3], "0,1", "tokens and gists")
        before = page.value("document.getElementById('summary').textContent")
        page.value("document.getElementById('message').value = 'What is line 7 about?';"
                   "document.getElementById('form').requestSubmit()")
        self.waits_for("document.querySelector('#talk .assistant')?.textContent.length > 0")
        self.waits_for("!document.querySelector('#form button').disabled")
        self.assertEqual(page.value("document.querySelector('#talk .user').textContent"), "What is line 7 about?")
        self.assertEqual(page.value("document.querySelectorAll('#talk .error').length"), 0)
        self.waits_for(f"document.getElementById('summary').textContent !== {json.dumps(before)}")
        page.value("document.querySelector('#strip rect').dispatchEvent(new Event('mouseenter'))")
        self.assertIn("tokens 0 to", page.value("document.getElementById('detail').textContent"))
        outside = [url for url in page.requests if not url.startswith(self.url) and url != "about:blank"]
        self.assertEqual(outside, [])


if __name__ == "__main__":
    if headless.found() is None or not os.path.exists(MODEL):
        print("skipped: no Chromium, or no model: set GISTMILL_MODEL")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
