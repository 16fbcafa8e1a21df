"""The folders that make_folders.py makes: in which way each differs from one of ../fixtures."""

import json

from folder_parts import (
    CL100K, DOUBLE, ENGLISH, FAST, FIXTURES, FROM_SPACE, GEMMA, GEMMA_SPLIT, GPT2, GPT2_PATTERN, GPT2_SHORT, LLAMA,
    PREPEND, REST, SPACE, STRIP, TEKKEN, TO_SPACE, TO_SPACE_REGEX, as_pairs, as_strings, byte_level, merges,
    metaspace, normalized, normalizers, pre_tokenizers, replace, sequence, split, template,
)  # fmt: skip


def json_cases():
    """name, base, patch: tokenizer.json alone."""
    yield "NormalizedAfterPrependAndReplace", "llama2.json", normalized("llama2.json")
    yield "NormalizedEndTokenOnly", "llama2.json", normalized("llama2.json", "</s>")
    yield "NormalizedAfterReplace", "llama2.json", [*normalized("llama2.json"), *GEMMA]
    yield "NormalizedWithMetaspace", "llama2_metaspace.json", normalized("llama2_metaspace.json")
    yield (
        "NormalizedAfterReplaceWithMetaspace",
        "llama2_metaspace.json",
        [*normalized("llama2_metaspace.json"), replace("normalizer", TO_SPACE)],
    )
    yield "MergesAsStrings", "llama2.json", [merges("llama2.json", as_strings)]
    yield "MergesAsPairs", "gpt2.json", [merges("gpt2.json", as_pairs)]
    yield (
        "MergesWithTheirVersion",
        "gpt2.json",
        [merges("gpt2.json", lambda all_merges: ["#version: 0.2", *as_strings(all_merges)])],
    )
    yield "MergesTwice", "gpt2.json", [merges("gpt2.json", lambda all_merges: [*all_merges, *all_merges[:40]])]
    yield "ReplaceBeforePrepend", "llama2.json", [normalizers(TO_SPACE, PREPEND)]
    yield (
        "NestedNormalizers",
        "llama2.json",
        [normalizers(sequence("normalizers", PREPEND), sequence("normalizers", TO_SPACE_REGEX)), pre_tokenizers()],
    )
    yield "GemmasSplit", "llama2.json", [*GEMMA, replace("pre_tokenizer", GEMMA_SPLIT)]
    yield "GemmasSplitInASequence", "llama2.json", [*GEMMA, normalizers(TO_SPACE), pre_tokenizers(GEMMA_SPLIT)]
    yield (
        "MetaspaceInASequence",
        "llama2_metaspace.json",
        [normalizers(), pre_tokenizers(metaspace(prepend_scheme="first", split=False))],
    )
    yield "OldMetaspace", "llama2_metaspace.json", [replace("pre_tokenizer", metaspace(add_prefix_space=True))]
    yield (
        "MetaspaceThatSplits",
        "llama2_metaspace.json",
        [replace("pre_tokenizer", metaspace(prepend_scheme="first", split=True))],
    )
    yield (
        "MetaspaceAfterADoubledSpace",
        "llama2_metaspace.json",
        [normalizers(TO_SPACE, DOUBLE), pre_tokenizers(metaspace(prepend_scheme="always", split=False))],
    )
    fuse, fallback = {"type": "Fuse"}, {"type": "ByteFallback"}
    yield (
        "NestedDecoders",
        "llama2.json",
        [
            replace(
                "decoder", sequence("decoders", sequence("decoders", FROM_SPACE, fallback), fuse, fuse, STRIP, fuse)
            )
        ],
    )
    yield (
        "BytesBeforeSpacesInTheDecoder",
        "llama2.json",
        [replace("decoder", sequence("decoders", fallback, fuse, FROM_SPACE, STRIP))],
    )
    for base in ("llama2.json", "llama2_metaspace.json"):
        of = "Llama" if base == "llama2.json" else "Metaspace"
        for scheme in ("always", "first", "never"):
            decoder = metaspace(prepend_scheme=scheme, split=True)
            yield f"MetaspaceDecoder{scheme.title()}Of{of}", base, [replace("decoder", decoder)]
    old = metaspace(add_prefix_space=True)
    yield "OldMetaspaceDecoder", "llama2_metaspace.json", [replace("decoder", old)]
    for name, steps in {
        "BeforeBytes": (old, fallback, fuse), "BehindBytes": (fallback, old, fuse), "AndFuse": (old, fuse),
        "OfNoSpaceBehindFuse": (fallback, fuse, metaspace(prepend_scheme="never", split=False)),
    }.items():  # fmt: skip
        yield f"MetaspaceDecoder{name}", "llama2_metaspace.json", [replace("decoder", sequence("decoders", *steps))]
    yield "ByteLevelInASequence", "gpt2.json", [pre_tokenizers(sequence("pretokenizers", byte_level(True)))]
    yield "ByteLevelInASequenceWithASpace", "gpt2.json", [pre_tokenizers(byte_level(True, prefix=True))]
    yield "Gpt2sPatternInASplit", "gpt2.json", [pre_tokenizers(split(GPT2_PATTERN), byte_level(False))]
    yield "Gpt2sPatternInShort", "gpt2.json", [pre_tokenizers(split(GPT2_SHORT), byte_level(False))]
    yield (
        "Llama3sPatternAsTiktokenWritesIt",
        "llama3.json",
        [pre_tokenizers(sequence("pretokenizers", split(CL100K)), byte_level(False))],
    )
    yield (
        "Llama3sPatternInverted",
        "llama3.json",
        [pre_tokenizers(split(ENGLISH + "\\p{N}{1,3}" + REST, invert=True), byte_level(False))],
    )
    yield (
        "DigitsThenGpt2sPattern",
        "smollm.json",
        [pre_tokenizers({"type": "Digits", "individual_digits": True}, split(GPT2_PATTERN), byte_level(False))],
    )
    yield "FormCTwice", "qwen2.json", [normalizers({"type": "NFC"}, sequence("normalizers", {"type": "NFC"}))]
    yield (
        "ByteLevelDecoderInASequence",
        "gpt2.json",
        [replace("decoder", sequence("decoders", byte_level(True), {"type": "Fuse"}))],
    )
    begin = template(("<s>", 1))
    yield "BeginToken", "llama2.json", [replace("post_processor", begin)]
    yield (
        "BeginTokenBehindByteLevel",
        "gpt2.json",
        [replace("post_processor", sequence("processors", byte_level(True), template(("<s>", 0))))],
    )
    yield "TwoBeginTokens", "llama2.json", [replace("post_processor", template(("</s>", 2), ("<s>", 1)))]
    yield (
        "BeginTokenOfRoberta",
        "gpt2.json",
        [
            replace(
                "post_processor",
                {
                    "type": "RobertaProcessing",
                    "sep": ["</s>", 700],
                    "cls": ["<s>", 0],
                    "trim_offsets": True,
                    "add_prefix_space": False,
                },
            )
        ],
    )
    yield "NoBeginToken", "llama2.json", [replace("post_processor", template())]
    yield "RunsOfSpacesAsTokens", "gpt2.json", [normalizers({"type": "NFC"}), replace("added_tokens", runs_of_spaces("gpt2.json"))]
    yield "DropoutOfZero", "gpt2.json", [replace("model/dropout", 0.0)]
    yield "HalfOfTheMerges", "qwen2.json", [merges("qwen2.json", lambda all_merges: all_merges[: len(all_merges) // 2])]
    yield "MetaspaceWithItsTextTwice", "llama2_metaspace.json", [
        replace("pre_tokenizer", metaspace(add_prefix_space=True, str_rep=SPACE))]  # fmt: skip
    yield "TekkensPattern", "gpt2.json", [pre_tokenizers(split(TEKKEN), byte_level(False))]
    yield "AddedTokensOutOfOrder", "gpt2.json", [renumbered("gpt2.json", {"<one>": 711, "<two>": 709, "<pad>": 710})]
    yield "AddedTokensBehindAHole", "llama2.json", [renumbered("llama2.json", {"<one>": 720, "<two>": 722, "<pad>": 699})]
    yield "AddedTokensWithIdsOfTheModel", "gpt2.json", [renumbered("gpt2.json", {"<one>": 5, "<two>": 5, "the": 300})]
    yield "AddedTokensTwice", "gpt2.json", [renumbered("gpt2.json", {"<one>": 709, "<two>": 710}, {"<one>": 711})]
    yield "SingleWords", "gpt2.json", [single_words("gpt2.json", "<one>", "<two>", "<pad>", "<mask>", "mill")]
    yield "SingleWordsOfLlama", "llama2.json", [single_words("llama2.json", "</s>", "<one>", "<pad>", "<s>")]
    yield "SingleWordsInNormalizedText", "llama2.json", [
        single_words("llama2.json", "</s>", "<two>", "<pad>", normalized=True)]  # fmt: skip
    yield "SingleWordsInNormalizedTextOfMetaspace", "llama2_metaspace.json", [
        single_words("llama2_metaspace.json", "</s>", "<two>", "<pad>", "the", normalized=True)]  # fmt: skip
    yield "SingleWordsThatTakeTheirSpace", "qwen2.json", [
        single_words("qwen2.json", "<pad>", "mill", "<two>", lstrip=True, rstrip=True)]  # fmt: skip
    yield from normalizer_cases()
    yield from unknown_cases()
    yield "TokenWithoutText", "gpt2.json", [replace("added_tokens", added_after("gpt2.json", "", "<one>", "<two>"))]


def normalizer_cases():
    """Steps before text is cut, of both kinds of tokenizer; added tokens are looked for behind them."""
    forms = {name: {"type": name} for name in ("NFD", "NFKC", "NFKD", "Nmt", "Lowercase", "StripAccents")}
    strip = {"type": "Strip", "strip_left": True, "strip_right": True}
    runs = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    word = {"type": "Replace", "pattern": {"String": "mill"}, "content": "grinds  corn"}
    prefix = {"type": "Prepend", "prepend": "the "}
    for name, step in forms.items():
        yield f"{name}OfBytes", "gpt2.json", [replace("normalizer", step)]
    yield "WithoutAccentsOfBytes", "smollm.json", [normalizers(forms["NFD"], forms["Lowercase"], forms["StripAccents"], strip)]
    yield "ReplacedAndPrependedOfBytes", "qwen2.json", [normalizers(word, runs, prefix, forms["NFKC"])]
    for name, step in {**forms, "Strip": strip, "Runs": runs, "Word": word, "Prefix": prefix}.items():
        yield f"{name}BeforeSpacesOfLlama", "llama2.json", [normalizers(step, PREPEND, TO_SPACE)]
        yield f"{name}BeforeMetaspace", "llama2_metaspace.json", [replace("normalizer", step)]
    for name in ("NFD", "Lowercase"):
        yield f"{name}BehindSpacesOfLlama", "llama2.json", [*normalized("llama2.json"), normalizers(PREPEND, forms[name], TO_SPACE, forms[name])]
    yield "StripAccentsBehindReplace", "llama2.json", [*GEMMA, normalizers(forms["NFKD"], TO_SPACE, forms["StripAccents"])]
    yield "NormalizedTokensInFormKC", "llama2.json", [*normalized("llama2.json"), normalizers(strip, forms["NFKC"], PREPEND, TO_SPACE)]


def unknown_cases():
    """Characters without a token: no bytes, or not all of them, and words that are tokens as they stand."""
    document = json.loads((FIXTURES / "llama2.json").read_text())
    vocabulary = document["model"]["vocab"]
    lost = [token for token in vocabulary if token in ("<0x6D>", "<0xC3>", "<0xE2>", "<0x0A>", SPACE + "c")]
    fewer = [token for token in sorted(vocabulary, key=vocabulary.get) if token not in lost]
    fewer = {token: place for place, token in enumerate(fewer)}
    kept = [merge for merge in document["model"]["merges"] if fewer.keys() >= {*merge, "".join(merge)}]

    def model(**options):
        return [replace("model/" + name, value) for name, value in options.items()]

    for fuse in (False, True):
        for name, unknown in {"UnknownToken": "<unk>", "NoUnknownToken": None}.items():
            fused = "Fused" if fuse else ""
            options = model(byte_fallback=False, unk_token=unknown, fuse_unk=fuse)
            yield f"{name}{fused}OfLlama", "llama2.json", options
            yield f"{name}{fused}OfMetaspace", "llama2_metaspace.json", options
            options = model(unk_token=unknown, fuse_unk=fuse, vocab=fewer, merges=kept)
            yield f"{name}{fused}BesideBytes", "llama2.json", options
    words = replace("pre_tokenizer", metaspace(prepend_scheme="always", split=True))
    yield "UnknownTokenOfWords", "llama2_metaspace.json", [*model(byte_fallback=False), words]
    yield "UnknownTokenWithoutBytesInTheDecoder", "llama2.json", [
        *model(byte_fallback=False), replace("decoder", sequence("decoders", FROM_SPACE, {"type": "Fuse"}, STRIP))]  # fmt: skip
    for name, more in {"": [], "OfUnknown": model(byte_fallback=False)}.items():
        for kind, base, rest in (("Words", "llama2_metaspace.json", [words]), ("Texts", "llama2.json", [])):
            tokens = json.loads((FIXTURES / base).read_text())["model"]["vocab"]
            tokens = {**tokens, SPACE + "zyzzyva": len(tokens), SPACE + "it'": len(tokens) + 1}
            yield f"Whole{kind}{name}", base, [*model(ignore_merges=True, vocab=tokens), *more, *rest]
    yield "WholeWordsOfGemma", "llama2.json", [*model(ignore_merges=True), *GEMMA, replace("pre_tokenizer", GEMMA_SPLIT)]


def added_after(base, *contents):
    """The added tokens of a fixture, and more of them."""
    document = json.loads((FIXTURES / base).read_text())
    added = document["added_tokens"]
    last = max([*document["model"]["vocab"].values(), *(token["id"] for token in added)])
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return added + [{"id": last + 1 + i, "content": content, **flags} for i, content in enumerate(contents)]


def renumbered(base, *ids):
    """The added tokens of a fixture, and more with these ids."""
    added = added_after(base)
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    more = [{"id": number, "content": content, **flags} for some in ids for content, number in some.items()]
    return replace("added_tokens", added + more)


def single_words(base, *contents, **flags):
    """These are found as words of their own only."""
    known = {token["content"] for token in added_after(base)}
    added = added_after(base, *(content for content in contents if content not in known))
    return replace("added_tokens", [
        {**token, "single_word": True, **flags} if token["content"] in contents else token for token in added])  # fmt: skip


def runs_of_spaces(base):
    """As GPT-NeoX has them: not special, looked for in normalized text."""
    added = added_after(base, *(" " * count for count in range(24, 1, -1)))
    return [{**token, "normalized": True, "special": False} if token["content"].isspace() else token for token in added]


def decoder_after(base, *contents):
    return {"added_tokens_decoder": {str(token.pop("id")): token for token in added_after(base, *contents)}}


def config_cases():
    """name, base, configuration, other small files."""
    yield "LlamasClassOnBytes", "gpt2.json", LLAMA, {}
    yield "LlamasClassOnBytesWithSwitches", "qwen2.json", {
        "tokenizer_class": "LlamaTokenizerFast", "add_prefix_space": True, "add_bos_token": True, "legacy": False}, {}  # fmt: skip
    yield "LlamasClassOnBytesWithRoles", "llama3.json", {**LLAMA, "bos_token": "<s>", "pad_token": "<pad>"}, {}
    yield "AddedTokenWithoutText", "gpt2.json", {**FAST, **decoder_after("gpt2.json", "", "<one>")}, {}
    yield "AddedTokensWithoutText", "llama2.json", {**FAST, **decoder_after("llama2.json", "<two>", "", "<one>", "", "<pad>")}, {}
    yield "AddedTokensJsonWithoutText", "gpt2.json", {**FAST, "pad_token": "<pad>"}, {"added_tokens.json": {"": 709, "<one>": 710}}
    yield "RoleWithoutText", "gpt2.json", {**FAST, "pad_token": "", "mask_token": "<one>"}, {}
    yield "PadTokenThatIsNew", "gpt2.json", {**FAST, "pad_token": "<pad>"}, {}
    yield "ImageTokenThatIsNew", "gpt2.json", {**FAST, "image_token": "<image>", "pad_token": None}, {}
    yield "ExtraTokensInAList", "gpt2.json", {**FAST, "extra_special_tokens": ["<one>", "<two>"]}, {}
    yield "ExtraTokensByName", "gpt2.json", {**FAST, "extra_special_tokens": {"x_token": "<one>", "y": "<two>"}}, {}
    yield (
        "ExtraTokensBeforeAdditionalOnes",
        "gpt2.json",
        {**FAST, "additional_special_tokens": ["<two>"], "extra_special_tokens": ["<one>"]},
        {},
    )
    yield (
        "TokensInTheirOrder",
        "llama3.json",
        {
            **FAST,
            "additional_special_tokens": ["<two>"],
            "pad_token": "<pad>",
            "image_token": "<image>",
            "mask_token": {
                "__type": "AddedToken",
                "content": "<mask>",
                "lstrip": True,
                "rstrip": False,
                "normalized": False,
                "single_word": False,
            },
        },
        {},
    )
    yield "TokensOfTheClass", "gpt2.json", {**GPT2, "pad_token": "<pad>"}, {}
    yield "TokensOfQwensClass", "qwen2.json", {"tokenizer_class": "Qwen2TokenizerFast", "bos_token": None}, {}
    flags = {"lstrip": False, "rstrip": False, "single_word": False, "special": True}
    yield (
        "AddedTokensDecoderOverTokenizerJson",
        "llama2.json",
        {**FAST, "added_tokens_decoder": {"1": {"content": "<s>", "normalized": True, **flags}}},
        {},
    )
    yield (
        "AddedTokensDecoderWithoutFlags",
        "llama2.json",
        {**FAST, "added_tokens_decoder": {"695": {"content": "<one>"}}},
        {},
    )
    yield "SpecialTokensSplit", "llama2.json", {**FAST, "split_special_tokens": True}, {}
    yield (
        "SpecialTokensMap",
        "gpt2.json",
        FAST,
        {"special_tokens_map.json": {"pad_token": "<pad>", "additional_special_tokens": ["<one>"]}},
    )
    yield (
        "AddedTokensJson",
        "gpt2.json",
        {**FAST, "mask_token": "<two>"},
        {"added_tokens.json": {"<one>": 709, "<two>": 710}},
    )
    yield (
        "AddedTokensJsonWithFlagsElsewhere",
        "gpt2.json",
        FAST,
        {
            "added_tokens.json": {"<one>": 709, "<pad>": 710},
            "special_tokens_map.json": {
                "pad_token": {
                    "content": "<pad>",
                    "lstrip": False,
                    "rstrip": True,
                    "normalized": False,
                    "single_word": False,
                },
                "mask_token": "<one>",
            },
        },
    )
    yield "AddedTokensDecoderOutOfOrder", "gpt2.json", {**FAST, **decoder_of({715: "<two>", 712: "<pad>", 713: "<one>"})}, {}
    yield "AddedTokensDecoderWithIdsOfTheModel", "llama2.json", {**FAST, **decoder_of({7: "<one>", 5: "the", 9: "<pad>"})}, {}
    yield "AddedTokensDecoderWithSingleWords", "gpt2.json", {
        **FAST, **decoder_of({709: "<one>", 710: "<pad>", 711: "mill"}, single_word=True)}, {}  # fmt: skip
    yield "AddedTokensJsonOutOfOrder", "gpt2.json", FAST, {"added_tokens.json": {"<one>": 714, "<two>": 711, "<pad>": 5}}
    yield "NoSpaceForLlama", "llama2.json", {**LLAMA, "add_prefix_space": False, "unk_token": "<unk>"}, {}
    yield "SpaceForAnotherClass", "gpt2.json", {**FAST, "add_prefix_space": True}, {}
    yield "SpaceForGpt2", "gpt2.json", {**GPT2, "add_prefix_space": True}, {}
    yield "NoSpaceByTheModelsType", "gpt2.json", {"eos_token": "<s>"}, {"config.json": {"model_type": "gpt2"}}
    yield (
        "KeysThatChangeNothing",
        "gpt2.json",
        {**GPT2, "do_lower_case": True, "errors": "strict", "clean_up_tokenization_spaces": True, "strip_accents": True,
         "name_or_path": "/x", "tokenizer_file": "/x", "padding_side": "left", "model_max_length": 4},
        {},
    )  # fmt: skip
    yield "NoBeginTokenWithoutAPostProcessor", "gpt2.json", {**FAST, "bos_token": "<s>", "add_bos_token": True}, {}


def decoder_of(tokens, **more):
    flags = {"lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": True, **more}
    return {"added_tokens_decoder": {str(number): {"content": content, **flags} for number, content in tokens.items()}}


def padding(token):
    return replace("padding", {"strategy": {"Fixed": 16}, "direction": "Left", "pad_to_multiple_of": None, "pad_id": 0,
                               "pad_type_id": 0, "pad_token": token})  # fmt: skip


def patched_cases():
    """name, base, patch, configuration, other small files: both beside each other."""
    yield "PaddingByATokenOfTheModel", "gpt2.json", [padding("th")], FAST, {}
    yield "PaddingByATokenThatIsNew", "gpt2.json", [padding("<pad>")], {**FAST, "eos_token": "</s>"}, {}
    yield "PaddingByNoToken", "gpt2.json", [padding("th")], {**FAST, "pad_token": None}, {}
    yield "PaddingByAnotherToken", "gpt2.json", [padding("th")], {**FAST, "pad_token": "<s>"}, {}
    cut = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    yield "Truncation", "llama3.json", [replace("truncation", cut)], FAST, {}
    yield "SwitchesThatChangeNoIds", "gpt2.json", [], {
        **FAST, "model_max_length": 4, "truncation_side": "left", "padding_side": "left", "added_tokens_decoder": {},
        "clean_up_tokenization_spaces": True, "model_input_names": ["input_ids"], "bos_token": None}, {}  # fmt: skip
    mixed = {"<one>": 711, "<two>": 5, "<pad>": 710}
    for name, configuration in {"Gpt2": GPT2, "Qwen": {"tokenizer_class": "Qwen2TokenizerFast"}, "NoClass": FAST}.items():
        base = "qwen2.json" if name == "Qwen" else "gpt2.json"
        yield f"AddedTokensOutOfOrderFor{name}", base, [renumbered(base, mixed)], configuration, {}
    yield "AddedTokensOutOfOrderForLlama", "llama2_metaspace.json", [renumbered("llama2_metaspace.json", mixed)], LLAMA, {}
    yield "AddedTokensWithOneIdForGpt2", "gpt2.json", [renumbered("gpt2.json", {"<one>": 709, "<two>": 709})], GPT2, {}
    yield "ClassOfTransformers5", "gpt2.json", [], {
        "tokenizer_class": "TokenizersBackend", "backend": "tokenizers", "is_local": True, "extra_special_tokens": [],
        "model_specific_special_tokens": {}}, {}  # fmt: skip
