"""The folders that make_folders.py makes: in which way each differs from one of ../fixtures."""

import json

from folder_parts import (
    CL100K, DOUBLE, ENGLISH, FIXTURES, FROM_SPACE, GEMMA, GEMMA_SPLIT, GPT2_PATTERN, GPT2_SHORT, PREPEND, REST, SPACE, STRIP, TEKKEN, TO_SPACE, TO_SPACE_REGEX, add, byte_level, merges, metaspace, move, normalized, normalizers, pre_tokenizers, renumbered, replace, runs_of_spaces, sequence, single_words, split, template, with_tokens,
)  # fmt: skip


def spelling_cases():
    """Merges, normalizers and pre-tokenizers that mean the same as, or nearly, what is known."""
    yield "MergesAsStrings", "llama2.json", [merges("as strings")]
    yield "MergesAsPairs", "gpt2.json", [merges("as pairs")]
    yield "MergesWithTheirVersion", "gpt2.json", [merges("behind their version")]
    yield "MergesTwice", "gpt2.json", [merges("the first 40 twice")]
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
    yield "DropoutOfZero", "gpt2.json", [replace("model/dropout", 0.0)]
    yield "HalfOfTheMerges", "qwen2.json", [merges("the first half")]
    yield "MetaspaceWithItsTextTwice", "llama2_metaspace.json", [
        replace("pre_tokenizer", metaspace(add_prefix_space=True, str_rep=SPACE))]  # fmt: skip
    yield "TekkensPattern", "gpt2.json", [pre_tokenizers(split(TEKKEN), byte_level(False))]


def decoder_cases():
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
    yield (
        "ByteLevelDecoderInASequence",
        "gpt2.json",
        [replace("decoder", sequence("decoders", byte_level(True), {"type": "Fuse"}))],
    )


def begin_token_cases():
    """Post-processors that name the tokens before a text."""
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


def added_token_cases():
    """Where they are looked for, and which numbers they get."""
    yield "NormalizedAfterPrependAndReplace", "llama2.json", normalized("llama2.json")
    yield "NormalizedEndTokenOnly", "llama2.json", normalized("llama2.json", "</s>")
    yield "NormalizedAfterReplace", "llama2.json", [*normalized("llama2.json"), *GEMMA]
    yield "NormalizedWithMetaspace", "llama2_metaspace.json", normalized("llama2_metaspace.json")
    yield (
        "NormalizedAfterReplaceWithMetaspace",
        "llama2_metaspace.json",
        [*normalized("llama2_metaspace.json"), replace("normalizer", TO_SPACE)],
    )
    yield "RunsOfSpacesAsTokens", "gpt2.json", [normalizers({"type": "NFC"}), *runs_of_spaces("gpt2.json")]
    yield "AddedTokensOutOfOrder", "gpt2.json", renumbered({"<one>": 711, "<two>": 709, "<pad>": 710})
    yield "AddedTokensBehindAHole", "llama2.json", renumbered({"<one>": 720, "<two>": 722, "<pad>": 699})
    yield "AddedTokensWithIdsOfTheModel", "gpt2.json", renumbered({"<one>": 5, "<two>": 5, "the": 300})
    yield "AddedTokensTwice", "gpt2.json", renumbered({"<one>": 709, "<two>": 710}, {"<one>": 711})
    yield from hole_cases()
    yield "SingleWords", "gpt2.json", single_words("gpt2.json", "<one>", "<two>", "<pad>", "<mask>", "mill")
    yield "SingleWordsOfLlama", "llama2.json", single_words("llama2.json", "</s>", "<one>", "<pad>", "<s>")
    yield "SingleWordsInNormalizedText", "llama2.json", single_words("llama2.json", "</s>", "<two>", "<pad>", normalized=True)
    yield "SingleWordsInNormalizedTextOfMetaspace", "llama2_metaspace.json", single_words("llama2_metaspace.json", "</s>", "<two>", "<pad>", "the", normalized=True)
    yield "SingleWordsThatTakeTheirSpace", "qwen2.json", single_words("qwen2.json", "<pad>", "mill", "<two>", lstrip=True, rstrip=True)
    yield "TokenWithoutText", "gpt2.json", with_tokens("gpt2.json", "", "<one>", "<two>")


def hole_cases():
    """Ids that no token has: behind one as in cl100k, and where tokens were taken out. New tokens get what the count says."""
    far = [replace("model/vocab/he", 715), replace("model/vocab/ill", 716)]
    yield "HolesOfBytes", "gpt2.json", far
    yield "HolesBeforeTokens", "gpt2.json", [*far, *renumbered({"<one>": 716, "<two>": 800, "<pad>": 3, "mill": 716})]
    taken = [replace("model/vocab/ill", 740), replace("model/vocab/<0xC3>", 741)]
    yield "HolesOfLlama", "llama2.json", [*taken, *renumbered({"<one>": 695, "<pad>": 740})]
    yield "HolesOfWords", "llama2_metaspace.json", [*taken, replace("model/ignore_merges", True), *renumbered({"<one>": 695})]


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
    lost = ("<0x6D>", "<0xC3>", "<0xE2>", "<0x0A>")
    fewer = [move(f"model/vocab/{token}", f"model/vocab/lost {token}") for token in lost]

    def model(**options):
        return [replace("model/" + name, value) for name, value in options.items()]

    for fuse in (False, True):
        for name, unknown in {"UnknownToken": "<unk>", "NoUnknownToken": None}.items():
            fused = "Fused" if fuse else ""
            options = model(byte_fallback=False, unk_token=unknown, fuse_unk=fuse)
            yield f"{name}{fused}OfLlama", "llama2.json", options
            yield f"{name}{fused}OfMetaspace", "llama2_metaspace.json", options
            options = [*model(unk_token=unknown, fuse_unk=fuse), *fewer]
            yield f"{name}{fused}BesideBytes", "llama2.json", options
    words = replace("pre_tokenizer", metaspace(prepend_scheme="always", split=True))
    yield "UnknownTokenOfWords", "llama2_metaspace.json", [*model(byte_fallback=False), words]
    yield "UnknownTokenWithoutBytesInTheDecoder", "llama2.json", [
        *model(byte_fallback=False), replace("decoder", sequence("decoders", FROM_SPACE, {"type": "Fuse"}, STRIP))]  # fmt: skip
    for name, more in {"": [], "OfUnknown": model(byte_fallback=False)}.items():
        for kind, base, rest in (("Words", "llama2_metaspace.json", [words]), ("Texts", "llama2.json", [])):
            tokens = json.loads((FIXTURES / base).read_text())["model"]["vocab"]
            more_tokens = [add(f"model/vocab/{SPACE}{word}", len(tokens) + i) for i, word in enumerate(("zyzzyva", "it'"))]
            yield f"Whole{kind}{name}", base, [*model(ignore_merges=True), *more_tokens, *more, *rest]
    yield "WholeWordsOfGemma", "llama2.json", [*model(ignore_merges=True), *GEMMA, replace("pre_tokenizer", GEMMA_SPLIT)]


KINDS = {
    "spellings": spelling_cases, "decoders": decoder_cases, "begin_tokens": begin_token_cases,
    "added_tokens": added_token_cases, "normalizers": normalizer_cases, "unknown_tokens": unknown_cases,
}  # fmt: skip
