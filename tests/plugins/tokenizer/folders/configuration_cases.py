"""Folders whose tokenizer.json has other files beside it, which add tokens and change how text is read."""

from folder_parts import FAST, GPT2, LLAMA, QWEN, decoder_after, renumbered, replace


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
    new = decoder_of({709: "<one>", 712: "<pad>"})
    for name, base, configuration in (("Gpt2", "gpt2.json", GPT2), ("Qwen", "qwen2.json", QWEN), ("NoClass", "gpt2.json", FAST)):
        yield f"AddedTokensDecoderWithoutThoseOfTheFileFor{name}", base, {**configuration, **new}, {}
    yield "EmptyAddedTokensDecoderForQwen", "qwen2.json", {**QWEN, "added_tokens_decoder": {}}, {}
    greedy = {"__type": "AddedToken", "lstrip": True, "rstrip": True, "normalized": False, "single_word": True}
    for name, base, configuration in (("Gpt2", "gpt2.json", GPT2), ("Qwen", "qwen2.json", QWEN), ("NoClass", "gpt2.json", FAST)):
        roles = {"pad_token": {"content": "<pad>", **greedy}, "mask_token": {"content": "<mask>", **greedy}}
        yield f"RolesWithFlagsFor{name}", base, {**configuration, **roles}, {}
    for name, configuration in (("Llamas", LLAMA), ("Gpt2s", GPT2), ("No", FAST)):
        yield f"QwenWith{name}Class", "qwen2.json", {**configuration, **new, "mask_token": {"content": "<mask>", **greedy}}, {
            "config.json": {"model_type": "qwen2"}}  # fmt: skip
    yield "AdditionalTokensBesideThoseOfTheMap", "gpt2.json", {**FAST, "additional_special_tokens": ["<one>"]}, {
        "special_tokens_map.json": {"additional_special_tokens": ["<two>"]}}  # fmt: skip
    yield "ExtraTokensBesideThoseOfTheMap", "gpt2.json", {**FAST, "extra_special_tokens": ["<one>"]}, {
        "special_tokens_map.json": {"extra_special_tokens": ["<two>", "<one>"]}}  # fmt: skip
    yield "ExtraTokensByNameBesideAdditionalOnes", "gpt2.json", {
        **FAST, "additional_special_tokens": ["<one>"], "extra_special_tokens": {"x_token": "<two>"}}, {}  # fmt: skip
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
        yield f"AddedTokensOutOfOrderFor{name}", base, renumbered(mixed), configuration, {}
    yield "AddedTokensOutOfOrderForLlama", "llama2_metaspace.json", renumbered(mixed), LLAMA, {}
    yield "AddedTokensWithOneIdForGpt2", "gpt2.json", renumbered({"<one>": 709, "<two>": 709}), GPT2, {}
    holes = [replace("model/vocab/he", 715), replace("model/vocab/ill", 716)]
    yield "HolesForGpt2", "gpt2.json", holes, {**GPT2, "pad_token": "<pad>", "extra_special_tokens": ["<one>"]}, {}
    yield "HolesForNoClass", "gpt2.json", holes, {**FAST, **decoder_of({715: "he", 712: "<pad>", 713: "<one>"})}, {}
    yield "ClassOfTransformers5", "gpt2.json", [], {
        "tokenizer_class": "TokenizersBackend", "backend": "tokenizers", "is_local": True, "extra_special_tokens": [],
        "model_specific_special_tokens": {}}, {}  # fmt: skip
