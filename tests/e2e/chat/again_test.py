#!/usr/bin/env python3
"""`gistmill chat --http` asked the same again: a conversation that begins anew behind the history comes to the same answer and the
same working context, however often. The message and its template end one block: what a call read last is then what it reads next.

    again_test.py GISTMILL RECIPE

Needs GISTMILL_MODEL; without it exit code 77, which ctest shows as skipped.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path

PROGRAM, RECIPE = sys.argv[1], sys.argv[2]
MODEL = os.environ.get("GISTMILL_MODEL", "")
QUESTION = "Who?"


class ChatAgain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        history = Path(cls.folder.name) / "history.txt"
        history.write_text("".join(f"Line {i} is about the {['river', 'lamp', 'bridge'][i % 3]}.\n" for i in range(200)))
        command = [PROGRAM, "chat", RECIPE, "--http", "127.0.0.1:0", "--json", "--max-tokens", "4", "--history", str(history),
                   "--set", f"variables.model={MODEL}", "--set", "variables.budget=256",
                   "--set", "components.teacher.dtype=f32"]
        cls.server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        ready = json.loads(cls.server.stdout.readline())
        cls.url, cls.model = ready["url"], ready["model"]

    @classmethod
    def tearDownClass(cls):
        cls.server.send_signal(signal.SIGINT)
        cls.server.wait(timeout=30)
        cls.server.stdout.close()
        cls.folder.cleanup()

    def context(self):
        with urllib.request.urlopen(self.url + "context", timeout=120) as response:
            return json.load(response)

    def ask(self):
        body = json.dumps({"model": self.model, "messages": [{"role": "user", "content": QUESTION}]}).encode()
        request = urllib.request.Request(self.url + "v1/chat/completions", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as response:
            answer = json.load(response)
        context = self.context()
        return answer["choices"][0]["message"]["content"], answer["usage"], context["entries"], context["actions"]

    def test_comes_to_the_same_each_time(self):
        blocks = self.context()["cursor"] // 32
        first = self.ask()
        self.assertGreater(len(first[2]), 10)
        self.assertEqual(self.context()["cursor"] // 32, blocks + 1, "what makes this test one")
        for _ in range(3):
            self.assertEqual(self.ask(), first)


if __name__ == "__main__":
    if not os.path.exists(MODEL):
        print("skipped: no model: set GISTMILL_MODEL")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
