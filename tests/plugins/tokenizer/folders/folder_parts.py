"""What the cases of folder_cases.py are put together from: parts of tokenizer.json, texts, patches."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures"
sys.path.insert(0, str(FIXTURES))
from make_tokenizers import ENGLISH, REST  # noqa: E402

SPACE = "\u2581"
TEXTS = [
    "the mill", " the  mill", "<s>the mill</s>", "the mill <s> grinds</s> corn", "corn</s>", "corn <s>", "<s> <s>",
    "a<pad>b<image> x<one> <two><mask> <pad>\n b", "[INST] grind [/INST] corn[INST]", "hi\n\n it's 1234 DON'T \u017f'\u017f",
    SPACE + SPACE + "a", "The  M\u00fchle, wir'll 12:45", "", "   ", "<|endoftext|>x",
    "  Cafe\u0301 \u00c0 LA\u00a0mill \ufb01ne\u2460\u3000\u0130<tool>", "e\u0301\u0323x\u2009", "\u0301",
    "zyzzyva it's", " zyzzyva", "a\u6c34\u6c34b \u6c34\n\u00fcm", "\u6c34\u00e9\U0001f642m\u2026z",
]  # fmt: skip

FAST = {"tokenizer_class": "PreTrainedTokenizerFast"}
LLAMA = {"tokenizer_class": "LlamaTokenizer"}
GPT2 = {"tokenizer_class": "GPT2Tokenizer"}
QWEN = {"tokenizer_class": "Qwen2Tokenizer"}
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + 64 * "0" + "\nsize 2114\n"


def replace(part, value):
    return {"op": "replace", "path": "/" + part, "value": value}


def sequence(members, *steps):
    return {"type": "Sequence", members: list(steps)}


def normalizers(*steps):
    return replace("normalizer", sequence("normalizers", *steps))


def pre_tokenizers(*steps):
    return replace("pre_tokenizer", sequence("pretokenizers", *steps))


def byte_level(use_regex, prefix=False):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": use_regex}


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": invert}


def metaspace(**more):
    return {"type": "Metaspace", "replacement": SPACE, **more}


def template(*before):
    return {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": name, "type_id": 0}} for name, _ in before]
        + [{"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {name: {"id": name, "ids": [number], "tokens": [name]} for name, number in before},
    }


PREPEND = {"type": "Prepend", "prepend": SPACE}
TO_SPACE = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
TO_SPACE_REGEX = {"type": "Replace", "pattern": {"Regex": " "}, "content": SPACE}
DOUBLE = {"type": "Replace", "pattern": {"Regex": "\\A" + SPACE}, "content": SPACE + SPACE}
FROM_SPACE = {"type": "Replace", "pattern": {"String": SPACE}, "content": " "}
STRIP = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
GEMMA_SPLIT = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
GPT2_SHORT = "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
GEMMA = [
    replace("normalizer", TO_SPACE),
    replace("decoder", sequence("decoders", FROM_SPACE, {"type": "ByteFallback"}, {"type": "Fuse"})),
]
TEKKEN = (
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|"
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|"
    "\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
)
CL100K = (
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|"
    "\\s*[\\r\\n]|\\s+(?!\\S)|\\s+"
)


def normalized(base, which=None):
    """All added tokens are looked for in normalized text, or the one that is named."""
    document = json.loads((FIXTURES / base).read_text())
    return [
        replace(f"added_tokens/{i}/normalized", True)
        for i, token in enumerate(document["added_tokens"])
        if which in (None, token["content"])
    ]


def merges(change):
    """A step of a patch that JSON Patch has none for: one of CHANGES."""
    return {"op": "merges", "value": change}


def as_strings(pairs):
    return [pair if isinstance(pair, str) else " ".join(pair) for pair in pairs]


CHANGES = {
    "as strings": as_strings,
    "as pairs": lambda all_merges: [pair.split(" ") for pair in as_strings(all_merges)],
    "behind their version": lambda all_merges: ["#version: 0.2", *as_strings(all_merges)],
    "the first 40 twice": lambda all_merges: all_merges + all_merges[:40],
    "the first half": lambda all_merges: all_merges[: len(all_merges) // 2],
}


def patched(base, patch):
    """A fixture with the steps of a JSON Patch done, and those of `merges`."""
    document = json.loads((FIXTURES / base).read_text())
    for step in patch:
        if step["op"] == "merges":
            document["model"]["merges"] = CHANGES[step["value"]](document["model"]["merges"])
            continue
        value = removed(document, step["from"]) if step["op"] == "move" else step["value"]
        place, key = found(document, step["path"])
        if key == "-":
            place.append(value)
        else:
            place[key] = value
    return document


def found(document, path):
    keys = [int(key) if key.isdigit() else key for key in path.split("/")[1:]]
    for key in keys[:-1]:
        document = document[key]
    return document, keys[-1]


def removed(document, path):
    place, key = found(document, path)
    return place.pop(key)


def add(part, value):
    return {"op": "add", "path": "/" + part, "value": value}


def move(part, to):
    return {"op": "move", "from": "/" + part, "path": "/" + to}


def with_tokens(base, *contents, **flags):
    """Steps that add these to the added tokens of a fixture, with the ids that come next."""
    return [add("added_tokens/-", token) for token in added_after(base, *contents, **flags)[len(added_of(base)) :]]


def added_of(base):
    return json.loads((FIXTURES / base).read_text())["added_tokens"]


def added_after(base, *contents, **flags):
    """The added tokens of a fixture, and more of them."""
    document = json.loads((FIXTURES / base).read_text())
    last = max([*document["model"]["vocab"].values(), *(token["id"] for token in document["added_tokens"])])
    return document["added_tokens"] + [added(last + 1 + i, content, **flags) for i, content in enumerate(contents)]


def added(number, content, **flags):
    default = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": number, "content": content, **default, **flags}


def renumbered(*ids):
    """Steps that add tokens with these ids."""
    more = [added(number, content, special=False) for some in ids for content, number in some.items()]
    return [add("added_tokens/-", token) for token in more]


def single_words(base, *contents, **flags):
    """Steps by which these are found as words of their own only."""
    known = [token["content"] for token in added_of(base)]
    flags = {"single_word": True, **flags}
    steps = with_tokens(base, *(content for content in contents if content not in known), **flags)
    return steps + [
        replace(f"added_tokens/{known.index(content)}/{flag}", value)
        for content in contents
        if content in known
        for flag, value in flags.items()
    ]


def runs_of_spaces(base):
    """As GPT-NeoX has them: not special, looked for in normalized text."""
    return with_tokens(base, *(" " * count for count in range(5, 1, -1)), normalized=True, special=False)


def decoder_after(base, *contents):
    return {"added_tokens_decoder": {str(token.pop("id")): token for token in added_after(base, *contents)}}
