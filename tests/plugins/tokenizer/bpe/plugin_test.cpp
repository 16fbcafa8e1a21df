// The plugin as the host drives it, through the C ABI: options, tensors, messages, digest.
#include <dlfcn.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gistmill/plugin.hpp>

#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What the plugin said to the host, on any log level.
std::vector<std::string>& logged() {
  static std::vector<std::string> messages;
  return messages;
}

const gm_host& host() {
  static const gm_host host{
      sizeof(gm_host), GM_ABI_MAJOR, GM_ABI_MINOR, "0.1.0",
      [](std::int32_t, const char*, const char* message) { logged().push_back(message); }};
  return host;
}

struct Refusal : std::runtime_error {
  Refusal(gm_status status, const std::string& message, std::string at)
      : std::runtime_error(message), code(status), key(std::move(at)) {}
  gm_status code;
  std::string key;
};

struct Sink : gm_error {
  Sink() : gm_error{sizeof(gm_error), this, &Sink::keep} {}
  static void keep(gm_error* self, gm_status, const char* text, const char* at) {
    auto& sink = *static_cast<Sink*>(self->context);
    sink.message = text;
    sink.place = at == nullptr ? "" : at;
  }
  void check(gm_status status) const {
    if (status != GM_OK) throw Refusal(status, message, place);
  }
  std::string message, place;
};

const gm_component_interface& interface() {
  static const auto* const kInterface = [] {
    void* library = dlopen(TOKENIZER_BPE_PLUGIN, RTLD_NOW | RTLD_LOCAL);  // never closed, as in the host
    if (library == nullptr) throw std::runtime_error(dlerror());
    const auto* entry = static_cast<const gm_entry*>(dlsym(library, "gm_plugin"));
    return static_cast<const gm_component_interface*>(entry->get_interface(GM_COMPONENT_INTERFACE));
  }();
  return *kInterface;
}

class Bpe {
 public:
  explicit Bpe(const std::string& model, bool special = true) {
    gm_option path{}, recognize{};
    path.struct_size = recognize.struct_size = sizeof(gm_option);
    path.key = "model";
    path.kind = GM_OPTION_STRING;
    path.string = model.c_str();
    recognize.key = "special";
    recognize.kind = GM_OPTION_BOOLEAN;
    recognize.boolean = special ? 1 : 0;
    const gm_option* items[] = {&path, &recognize};
    const gm_options options{sizeof(gm_options), 2, items};
    Sink sink;
    sink.check(interface().create(&host(), "tokenizer/bpe", &options, &instance_, &sink));
  }
  Bpe(const Bpe&) = delete;
  Bpe& operator=(const Bpe&) = delete;
  ~Bpe() { interface().destroy(instance_); }

  std::vector<std::int32_t> encode(std::string_view text) {
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    return run<std::int32_t>(0, Tensor::of(bytes, {static_cast<std::int64_t>(bytes.size())}));
  }
  std::string decode(const std::vector<std::int32_t>& ids) {
    const auto bytes = run<std::uint8_t>(1, Tensor::of(ids, {static_cast<std::int64_t>(ids.size())}));
    return {bytes.begin(), bytes.end()};
  }
  std::string digest() {
    Sink sink;
    const auto* identity =
        static_cast<const gm_identity_extension*>(interface().extension(instance_, GM_IDENTITY_EXTENSION));
    return identity->digest(instance_, &sink);
  }

 private:
  template <class T>
  std::vector<T> run(std::uint32_t operation, const Tensor& input) {
    gm_value in{GM_VALUE_TENSOR, 0, {}}, out{};
    in.as.tensor = input.share();
    Sink sink;
    gm_call call{};
    call.struct_size = sizeof call;
    call.error = &sink;
    sink.check(interface().forward(instance_, operation, &call, &in, 1, &out, 1, nullptr));
    const Tensor result = Tensor::adopt(out.as.tensor);
    EXPECT_EQ(result.shape(), std::vector<std::int64_t>{result.size()});
    return {result.data<T>(), result.data<T>() + result.size()};
  }

  gm_instance* instance_ = nullptr;
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

  void write(std::string_view pre_tokenizer) {
    const std::string bytes =
        Bytes()
            .gguf_header(0, 5)
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

template <class Body>
void expect_user_error(Body&& body, const std::string& key, const std::string& message) {
  try {
    body();
    FAIL() << "nothing was refused";
  } catch (const Refusal& refusal) {
    EXPECT_EQ(refusal.code, GM_ERROR_USER);
    EXPECT_EQ(refusal.key, key);
    EXPECT_THAT(refusal.what(), HasSubstr(message));
  }
}

TEST_F(BpePlugin, PointsAtTheModelOptionWhereTheFileIsWrong) {
  expect_user_error([&] { Bpe bpe(path_.string() + ".none"); }, "model", "cannot open: No such file");
  write("qwen2");
  expect_user_error([&] { Bpe bpe(path_); }, "model", "unknown pre-tokenizer 'qwen2'");
}

TEST_F(BpePlugin, PointsAtTheTokensWhereAnIdIsWrong) {
  Bpe bpe(path_);
  expect_user_error([&] { bpe.decode({0, 7}); }, "tokens", "token id is 7, expected 0 to 6");
}

}  // namespace
}  // namespace gistmill::test
