// The plugin as the host drives it, through the C ABI: options, tensors, messages, digest.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/plugins/tokenizer/tokenizer_driver.hpp"
#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Bpe : public TokenizerDriver {
 public:
  explicit Bpe(const std::string& model, bool special = true)
      : TokenizerDriver(TOKENIZER_BPE_PLUGIN, "tokenizer/bpe", model, special) {}
};

// A GGUF file of a few tokens, gone when the test ends.
class BpePlugin : public ::testing::Test {
 protected:
  BpePlugin()
      : path_(std::filesystem::temp_directory_path() /
              ("gistmill_bpe_" + std::to_string(::getpid()) + ".gguf")) {
    write("gpt-2");
    logged().clear();
  }
  ~BpePlugin() override { std::filesystem::remove(path_); }

  void write(std::string_view pre_tokenizer, std::string_view chat_template = "{{ messages }}") {
    const std::string bytes =
        Bytes()
            .gguf_header(0, 8)
            .string_entry("tokenizer.chat_template", chat_template)
            .string_entry("tokenizer.chat_template.tool_use", "{{ tools }}")
            .numbers_entry<std::int32_t>("ignored", 5, {1})
            .string_entry("tokenizer.ggml.model", "gpt2")
            .string_entry("tokenizer.ggml.pre", pre_tokenizer)
            .strings_entry("tokenizer.ggml.tokens", {"a", "b", "ab", "<s>", "<", "s", ">"})
            .numbers_entry<std::int32_t>("tokenizer.ggml.token_type", 5, {1, 1, 1, 3, 1, 1, 1})
            .strings_entry("tokenizer.ggml.merges", {"a b"})
            .str();
    std::ofstream(path_, std::ios::binary) << bytes;
  }

  std::filesystem::path path_;
};

TEST_F(BpePlugin, EncodesAndDecodes) {
  Bpe bpe(path_);
  EXPECT_THAT(bpe.encode("aab<s>"), ElementsAre(0, 2, 3));
  EXPECT_EQ(bpe.decode({0, 2, 3}), "aab<s>");
  EXPECT_THAT(logged(), IsEmpty());
}

TEST_F(BpePlugin, TakesEmptyInput) {
  Bpe bpe(path_);
  EXPECT_THAT(bpe.encode(""), IsEmpty());
  EXPECT_EQ(bpe.decode({}), "");
}

TEST_F(BpePlugin, TakesSpecialTokensAsTextWhereTheOptionSaysSo) {
  EXPECT_THAT(Bpe(path_, false).encode("<s>"), ElementsAre(4, 5, 6));
}

TEST_F(BpePlugin, WarnsOfBytesThatItDrops) {
  EXPECT_THAT(Bpe(path_).encode("a\x01"
                                "bc"),
              ElementsAre(0, 1));
  EXPECT_THAT(logged(), ElementsAre("dropped 2 of 4 bytes: the vocabulary has no token for them"));
}

TEST_F(BpePlugin, HasTheDigestOfItsVocabulary) {
  const std::string digest = Bpe(path_).digest();
  EXPECT_EQ(digest.size(), 64u);
  write("smollm");
  EXPECT_NE(Bpe(path_).digest(), digest);
}

TEST_F(BpePlugin, DescribesItsFile) {
  const auto described = Bpe(path_).describe();
  EXPECT_EQ(described.at("kind"), "bpe");
  EXPECT_EQ(described.at("pre_tokenizer"), "gpt-2");
  EXPECT_TRUE(described.at("normalizer").is_null());
  EXPECT_EQ(described.at("vocabulary"), 7);
  EXPECT_EQ(described.at("merges"), 1);
  EXPECT_EQ(described.at("added_tokens"), 1);
  EXPECT_EQ(described.at("chat_template"), "default, tool_use");
  EXPECT_FALSE(described.contains("chat_template_refused"));
  EXPECT_EQ(described.at("special_tokens"), nlohmann::json::object());
}

// The template of SmolLM2-Instruct is short enough to be told in a test: it is GGUF metadata of the model.
TEST_F(BpePlugin, WritesMessagesAsTheModelsTemplateDoes) {
  const auto model = model_file();
  GISTMILL_SKIP_WITHOUT(model);
  Bpe bpe(model);
  EXPECT_EQ(bpe.describe().at("chat_template"), "default");
  EXPECT_EQ(bpe.describe().at("special_tokens").at("eos").at("text"), "<|im_end|>");
  const std::string text = bpe.chat(R"([{"role":"system","content":"s"},{"role":"user","content":"u"}])");
  EXPECT_EQ(text, "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_THAT(bpe.encode(text).front(), 1);
}

template <class Body>
void expect_user_error(Body&& body, const std::string& key, const std::string& message) {
  try {
    body();
    FAIL() << "nothing was refused";
  } catch (const Refused& refusal) {
    EXPECT_EQ(refusal.status, GM_ERROR_USER);
    EXPECT_EQ(refusal.key, key);
    EXPECT_THAT(refusal.what(), HasSubstr(message));
  }
}

TEST_F(BpePlugin, PointsAtTheModelOptionWhereTheFileIsWrong) {
  expect_user_error([&] { Bpe bpe(path_.string() + ".none"); }, "model", "there is no such file or folder");
  write("falcon");
  expect_user_error([&] { Bpe bpe(path_); }, "model", "unknown pre-tokenizer 'falcon'");
}

TEST_F(BpePlugin, RendersTheTemplatesOfItsFile) {
  Bpe bpe(path_);
  EXPECT_EQ(bpe.chat(R"([{"role":"user","content":"a"}])"), "[{'role': 'user', 'content': 'a'}]");
  EXPECT_EQ(bpe.chat(R"({"messages":[{"role":"user"}],"tools":[1]})"), "[1]");
}

TEST_F(BpePlugin, PointsAtTheTemplateThatItCannotRead) {
  write("gpt-2", "{{ x|urlize }}");
  Bpe bpe(path_);
  EXPECT_THAT(bpe.describe().at("chat_template_refused"),
              HasSubstr("tokenizer.chat_template:1:6: filter 'urlize' "));
  expect_user_error([&] { bpe.chat(R"([{"role":"user"}])"); }, "model",
                    "tokenizer.chat_template:1:6: filter 'urlize' is not supported");
}

TEST_F(BpePlugin, PointsAtTheMessagesThatItsTemplateRefuses) {
  write("gpt-2", "{{ raise_exception('no ' ~ messages[0].role) }}");
  Bpe bpe(path_);
  expect_user_error([&] { bpe.chat("[]"); }, "messages", "there are no messages");
  expect_user_error([&] { bpe.chat(R"([{"role":"user"}])"); }, "messages",
                    "tokenizer.chat_template:1:19: the template refuses these messages: no user");
}

TEST_F(BpePlugin, PointsAtTheTokensWhereAnIdIsWrong) {
  Bpe bpe(path_);
  expect_user_error([&] { bpe.decode({0, 7}); }, "tokens", "token id is 7, expected 0 to 6");
}

TEST_F(BpePlugin, DecodesRowsToTheirLengthsAndFillsTheTextsUp) {
  using namespace std::string_literals;
  Bpe bpe(path_);
  EXPECT_THAT(bpe.decode_rows({2, 1, 3, 0, 99, -1, 1, 1, 1}, {3, 1, 0}),
              ElementsAre("abb<s>", "a\0\0\0\0\0"s, "\0\0\0\0\0\0"s));
}

TEST_F(BpePlugin, DecodesRowsWithoutAnyText) {
  Bpe bpe(path_);
  EXPECT_THAT(bpe.decode_rows({0, 0}, {0, 0}), ElementsAre("", ""));
  EXPECT_THAT(bpe.decode_rows({}, {}), IsEmpty());
}

TEST_F(BpePlugin, NamesTheRowThatItCannotDecode) {
  Bpe bpe(path_);
  expect_user_error(
      [&] {
        bpe.decode_rows({0, 1, 0, 7}, {2, 2});
      },
      "tokens", "row 1: token id is 7, expected 0 to 6");
  expect_user_error(
      [&] {
        bpe.decode_rows({0, 1, 0, 1}, {2, 3});
      },
      "lengths", "row 1: length is 3, expected 0 to 2");
  expect_user_error(
      [&] {
        bpe.decode_rows({0, 1, 0, 1}, {-1, 2});
      },
      "lengths", "row 0: length is -1, expected 0 to 2");
}

}  // namespace
}  // namespace gistmill::test
