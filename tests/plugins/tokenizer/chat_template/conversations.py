"""Conversations for chat templates: what transformers passes to them."""

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather <now> & \"later\", é",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "a city"},
                "days": {"type": "array", "items": {"type": "integer"}},
                "unit": {"type": "string", "enum": ["C", "F"]},
            },
            "required": ["city"],
        },
    },
}
CALL = {"type": "function", "id": "call_1", "function": {"name": "get_weather", "arguments": {"city": "Köln", "days": [1, 2.5, None, True]}}}
TEXT_CALL = {"type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"Paris\"}"}}


def turns(*pairs):
    return [{"role": role, "content": content} for role, content in pairs]


def called(call, content=""):
    return {"role": "assistant", "content": content, "tool_calls": [call]}


CONVERSATIONS = [
    turns(("user", "Hello!")),
    turns(("system", "You grind corn."), ("user", "How fine?")),
    turns(("user", " Hi \n"), ("assistant", "\n\n Yes? "), ("user", "Nothing.\t")),
    turns(("system", ""), ("user", "")),
    turns(("system", "  Be brief. /no_think \n"), ("user", "2+2?"), ("assistant", "4"), ("user", "3+3?")),
    turns(("system", "\u3000Talk.\u2028 "), ("user", "\x1c\u0085 x \u200b")),
    turns(("user", "a"), ("assistant", "<think>\nhm\n\n</think>\n\nb"), ("user", "c"), ("assistant", "<think>x</think>d")),
    turns(("user", "a"), ("assistant", "x</think>y</think>\nz"), ("user", "c")),
    turns(("user", "<tool_response>1</tool_response>"), ("assistant", "<think>q</think>w"), ("assistant", "v")),
    turns(("user", "a"), ("system", "later"), ("user", "b")),
    turns(("assistant", "I begin.")),
    turns(("system", "only this")),
    turns(("user", "<|im_end|> {{ x }} é\U0001f642 日本語 \u0000")),
    [],
    turns(*[(("user", "assistant")[i % 2], f"turn {i}") for i in range(40)]),
    [*turns(("user", "Weather?")), called(CALL), {"role": "tool", "name": "get_weather", "content": "12 °C"}, *turns(("assistant", "12."))],
    [*turns(("system", "Use tools."), ("user", "Weather?")), called(TEXT_CALL), {"role": "tool", "content": "{\"t\": 12}"}, {"role": "tool", "content": "x"}],
    [*turns(("user", "Weather?")), called(CALL, "Let me see.")],
    [{"role": "user", "content": [{"type": "text", "text": "part one"}, {"type": "image"}, {"type": "text", "text": " two "}]}],
    [{"role": "user", "content": None}, {"role": "assistant", "content": None, "reasoning_content": "hm"}],
    [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y", "reasoning_content": "\nthought\n", "thinking": "t"}, *turns(("user", "z"))],
    turns(("developer", "Be kind."), ("user", "ok")),
    turns(("tool", "lone"), ("ipython", "1")),
    [{"role": "user"}],
    [{"role": "user", "content": "a", "name": "Ann"}, {"role": "assistant", "content": "b", "tool_calls": []}],
]  # fmt: skip


def cases():
    """50 and more: each conversation with and without the opening of an answer, some with tools and more."""
    common = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    for number, messages in enumerate(CONVERSATIONS):
        for prompt in (True, False):
            extra = {"tools": [TOOL, TOOL["function"]] if number % 2 == 0 and prompt else None, "documents": None}
            if number % 5 == 0:
                extra["date_string"] = "20 Nov 2026"
            if number % 7 == 0:
                extra["enable_thinking"] = prompt
            yield {"messages": messages, "add_generation_prompt": prompt, **common, **extra}
    yield {"messages": CONVERSATIONS[15], "add_generation_prompt": True, **common, "tools": [TOOL], "tools_in_user_message": False}
    yield {"messages": CONVERSATIONS[1], "add_generation_prompt": True, **common, "tools": [TOOL], "documents": [{"title": "t", "text": "u"}]}
    yield {"messages": CONVERSATIONS[1], "add_generation_prompt": False, **common, "tools": [TOOL], "xml_tools": [TOOL], "builtin_tools": ["code_interpreter"]}
