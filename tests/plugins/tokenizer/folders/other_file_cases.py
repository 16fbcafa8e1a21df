"""Folders whose tokenizer is in other files than tokenizer.json: vocab.json with merges.txt, tokenizer.model."""

import json

from configuration_cases import decoder_of
from folder_parts import FAST, GPT2, LLAMA, POINTER
from transformers import AutoTokenizer


def vocabulary_cases():
    """name, configuration, other files beside vocab.json and merges.txt of GPT-2."""
    yield "VocabularyAndMerges", {**GPT2, "eos_token": "</s>"}, {}
    yield "VocabularyWithABeginToken", {**GPT2, "bos_token": "<s>", "add_bos_token": True}, {}
    yield "VocabularyWithAddedTokensOutOfOrder", GPT2, {"added_tokens.json": {"<one>": 712, "<two>": 702, "<pad>": 3}}
    yield "VocabularyBesideAPointer", GPT2, {"tokenizer.json": POINTER}
    yield "VocabularyBesideWhatIsCutOff", GPT2, {"tokenizer.json": '{"model": {"type": "BPE", "vocab": {"a": 0'}


def model_cases():
    """name, SentencePiece model, configuration, other files."""
    yield "ModelAlone", "plain.model", None, {}
    yield "ModelOfLlama", "plain.model", LLAMA, {}
    yield "ModelOfOldLlama", "plain.model", {**LLAMA, "legacy": True}, {}
    yield "ModelOfNewLlama", "plain.model", {**LLAMA, "legacy": False}, {}
    yield "ModelWithoutASpace", "plain.model", {**LLAMA, "add_prefix_space": False}, {}
    yield "ModelWithATokenMore", "plain.model", {**LLAMA, "pad_token": "<pad>", "extra_special_tokens": ["<one>"]}, {}
    mixed = {"<one>": 470, "<two>": 463, "<pad>": 466}
    for name, configuration in {"OfLlama": LLAMA, "Alone": None}.items():
        yield f"ModelWithAddedTokensOutOfOrder{name}", "plain.model", configuration, {"added_tokens.json": mixed}
    yield "ModelWithPlaceholdersOfLlama", "plain.model", LLAMA, {"added_tokens.json": {"<one>": 455, "<two>": 460}}
    placeholders = {455: "<one>", 458: "<two>", 460: "<pad>", 457: "the"}
    yield "ModelWithPlaceholders", "plain.model", {**FAST, **decoder_of(placeholders)}, {}
    yield "ModelWithPlaceholdersByAddedTokensJson", "plain.model", FAST, {"added_tokens.json": {"<one>": 455, "<pad>": 460}}
    yield "UserDefinedWithPlaceholders", "user.model", {**FAST, **decoder_of({455: "<one>", 4: "<two>"})}, {}
    yield "UserDefinedAlone", "user.model", None, {}
    yield "UserDefinedOfLlama", "user.model", LLAMA, {}
    yield "UserDefinedOfOldLlama", "user.model", {**LLAMA, "legacy": True}, {}
    yield "UserDefinedWithoutASpace", "user.model", {**LLAMA, "add_prefix_space": False}, {}
    yield "ModelBesideAPointer", "plain.model", LLAMA, {"tokenizer.json": POINTER}
    yield "ModelBesideAnUnknownNormalizer", "plain.model", LLAMA, {"tokenizer.json": unknown_normalizer}


def unknown_normalizer(folder):
    """A whole tokenizer.json of the model's vocabulary, with a normalizer that nobody takes."""
    vocabulary = AutoTokenizer.from_pretrained(folder)
    document = json.loads(vocabulary.backend_tokenizer.to_str())
    document["normalizer"] = {"type": "BertNormalizer"}
    return json.dumps(document)
