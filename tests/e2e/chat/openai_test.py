#!/usr/bin/env python3
"""`gistmill chat --http` with OpenAI's own client: answers, streams, models, and errors as the exceptions that it knows.

    openai_test.py GISTMILL RECIPE

Needs the package openai (tests/requirements.txt) and GISTMILL_MODEL; without them exit code 77, which ctest shows as skipped.
"""

import glob
import json
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = glob.glob(str(ROOT / ".venv-tests/lib/python3.*/site-packages"))
try:
    import openai
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

PROGRAM, RECIPE = sys.argv[1], sys.argv[2]
MODEL = os.environ.get("GISTMILL_MODEL", "")


class ChatOverHttp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = [PROGRAM, "chat", RECIPE, "--http", "127.0.0.1:0", "--json", "--max-tokens", "24",
                   "--set", f"variables.model={MODEL}", "--set", "components.teacher.dtype=f32"]
        cls.server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        ready = json.loads(cls.server.stdout.readline())
        cls.model = ready["model"]
        cls.url = ready["url"]
        cls.client = openai.OpenAI(base_url=cls.url + "v1", api_key="none", max_retries=0, timeout=120)

    @classmethod
    def tearDownClass(cls):
        cls.server.send_signal(signal.SIGINT)
        cls.code = cls.server.wait(timeout=30)
        cls.server.stdout.close()
        assert cls.code == 130, cls.code

    def ask(self, *messages, **options):
        roles = ("user", "assistant")
        said = [{"role": roles[i % 2], "content": text} for i, text in enumerate(messages)]
        return self.client.chat.completions.create(model=self.model, messages=said, **options)

    def test_answers_and_goes_on(self):
        first = self.ask("What is the capital of France?")
        self.assertEqual(first.choices[0].message.role, "assistant")
        self.assertIn("Paris", first.choices[0].message.content)
        self.assertEqual(first.choices[0].finish_reason, "stop")
        self.assertEqual(first.usage.total_tokens, first.usage.prompt_tokens + first.usage.completion_tokens)
        second = self.ask("What is the capital of France?", first.choices[0].message.content, "And of Spain?")
        self.assertGreater(second.usage.prompt_tokens, first.usage.total_tokens)
        again = self.ask("What is the capital of France?", first.choices[0].message.content, "And of Spain?")
        self.assertEqual(again.choices[0].message.content, second.choices[0].message.content,
                         "a conversation that begins anew comes to the same")

    def test_streams_what_it_answers_at_once(self):
        whole = self.ask("What is the capital of France?").choices[0].message.content
        parts = list(self.ask("What is the capital of France?", stream=True, stream_options={"include_usage": True}))
        text = "".join(part.choices[0].delta.content or "" for part in parts if part.choices)
        self.assertEqual(text, whole)
        self.assertGreater(len(parts), 4)
        self.assertEqual(parts[-1].choices, [])
        self.assertGreater(parts[-1].usage.completion_tokens, 0)
        ends = [part.choices[0].finish_reason for part in parts if part.choices]
        self.assertEqual([end for end in ends if end], ["stop"])

    def test_ends_before_a_text_that_stops_it(self):
        whole = self.ask("What is the capital of France?").choices[0].message.content
        answer = self.ask("What is the capital of France?", stop=["Paris", "!"])
        self.assertEqual(answer.choices[0].message.content, whole[:whole.index("Paris")])
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        parts = self.ask("What is the capital of France?", stop="Paris", stream=True)
        self.assertEqual("".join(part.choices[0].delta.content or "" for part in parts if part.choices),
                         answer.choices[0].message.content)

    def test_ends_at_the_length_that_is_asked_for(self):
        answer = self.ask("Tell me a long story.", max_tokens=3)
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(answer.usage.completion_tokens, 3)

    def test_the_same_seed_draws_the_same(self):
        drawn = [self.ask("Tell me a story.", temperature=1.5, seed=5, max_tokens=16).choices[0].message.content
                 for _ in range(2)]
        self.assertEqual(drawn[0], drawn[1])
        other = self.ask("Tell me a story.", temperature=1.5, seed=6, max_tokens=16)
        self.assertNotEqual(drawn[0], other.choices[0].message.content)

    def test_lists_its_model(self):
        self.assertEqual([model.id for model in self.client.models.list()], [self.model])
        self.assertEqual(self.client.models.retrieve(self.model).owned_by, "gistmill")

    def test_refuses_as_the_api_does(self):
        with self.assertRaises(openai.NotFoundError) as unknown:
            self.client.chat.completions.create(model="gpt", messages=[{"role": "user", "content": "a"}])
        self.assertEqual(unknown.exception.code, "model_not_found")
        with self.assertRaises(openai.BadRequestError) as wrong:
            self.ask("a", n=2)
        self.assertEqual(wrong.exception.param, "n")
        with self.assertRaises(openai.BadRequestError):
            self.client.chat.completions.create(model=self.model, messages=[])
        with self.assertRaises(openai.APIStatusError) as large:
            self.ask("a" * (5 << 20))
        self.assertEqual(large.exception.status_code, 413)
        with self.assertRaises(openai.NotFoundError):
            self.client.models.retrieve("gpt")


if __name__ == "__main__":
    if not os.path.exists(MODEL):
        print("skipped: no model: set GISTMILL_MODEL")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
