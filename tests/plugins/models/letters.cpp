// A tokenizer and a teacher whose answers a test can tell by heart, and a tokenizer that reads other files.
#include <gistmill/plugin.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace {

using gistmill::Error;
using gistmill::Tensor;

constexpr std::int32_t kBegin = 256;

// "letters", then lines of a word and a number.
class ModelFile {
 public:
  ModelFile(const std::string& path, const std::string& kind) {
    std::ifstream file(path);
    std::string first;
    std::getline(file, first);
    for (std::string word, value; file >> word >> value;) entries_[word] = value;
    if (has("torn")) throw Error(GM_ERROR_USER, path + ": is torn in " + kind, first == kind ? "model" : "");
    if (first == kind || has("both")) return;
    throw Error(GM_ERROR_USER,
                path + ": the first line is '" + first.substr(0, 20) + "' when it should be '" + kind + "'");
  }
  bool has(const std::string& word) const { return entries_.count(word) != 0; }
  std::int64_t number(const std::string& word, std::int64_t fallback) const {
    return has(word) ? std::stoll(entries_.at(word)) : fallback;
  }

 private:
  std::map<std::string, std::string> entries_;
};

class LetterTokenizer {
 public:
  explicit LetterTokenizer(const gistmill::Options& options)
      : file_(options.string("model"), "letters"),
        shift_(static_cast<std::int32_t>(options.integer("shift"))) {}

  Tensor encode(const Tensor& text) const {
    std::vector<std::int32_t> tokens;
    for (std::int64_t i = 0; i < text.size(); ++i) tokens.push_back(text.data<std::uint8_t>()[i] + shift_);
    return Tensor::of(tokens, {text.size()});
  }
  Tensor decode(const Tensor& tokens) const {
    std::vector<std::uint8_t> text;
    for (std::int64_t i = 0; i < tokens.size(); ++i) {
      const std::int32_t token = tokens.data<std::int32_t>()[i] - shift_;
      if (token == kBegin) continue;
      if (token < 0 || token > kBegin)
        throw Error(GM_ERROR_USER, "token " + std::to_string(token) + " is not in the vocabulary of 257");
      if (i == 0 && token == ' ' && file_.has("strips_space")) continue;
      text.push_back(static_cast<std::uint8_t>(token));
    }
    const auto size = static_cast<std::int64_t>(text.size());
    return Tensor::of(text, {size});
  }
  Tensor chat(const Tensor& messages) const {
    std::vector<std::uint8_t> text = {'c', 'h', 'a', 't', ':'};
    text.insert(text.end(), messages.data<std::uint8_t>(), messages.data<std::uint8_t>() + messages.size());
    const auto size = static_cast<std::int64_t>(text.size());
    return Tensor::of(text, {size});
  }
  std::string describe() const {
    if (file_.has("broken_description")) return "{\"kind\": letters";
    return std::string("{\"kind\":\"letters\",\"vocabulary\":" + std::to_string(257 + shift_) +
                       ",\"special_tokens\":{\"bos\":256},\"add_bos\":") +
           (file_.has("add_bos") ? "true" : "false") +
           (file_.has("begins_twice") ? ",\"begin_tokens\":[256,256]" : "") + ",\"chat_template\":null}";
  }

 private:
  ModelFile file_;
  std::int32_t shift_;
};

class DigitTokenizer {
 public:
  explicit DigitTokenizer(const gistmill::Options& options) : file_(options.string("model"), "digits") {}
  Tensor encode(const Tensor&) const { return Tensor::zeros<std::int32_t>({0}); }
  Tensor decode(const Tensor&) const { return Tensor::zeros<std::uint8_t>({0}); }

 private:
  ModelFile file_;
};

class LetterTeacher {
 public:
  explicit LetterTeacher(const gistmill::Options& options)
      : file_(options.string("model"), "letters"),
        max_tokens_(options.integer("max_tokens")),
        temperature_(options.number("temperature")) {
    std::ifstream cache(options.string("gist_cache"), std::ios::binary);
    cached_.assign(std::istreambuf_iterator<char>(cache), {});
  }

  std::int64_t symbol(std::string_view name) const { return name == "C" ? file_.number("context", 64) : -1; }

  Tensor score(const Tensor& tokens) const {
    if (tokens.size() > symbol("C")) throw Error(GM_ERROR_USER, "longer than the context");
    Tensor nll = Tensor::zeros<float>({tokens.size() - 1});
    for (std::int64_t i = 0; i < nll.size(); ++i) nll.mutable_data<float>()[i] = static_cast<float>(i + 1);
    return nll;
  }
  std::tuple<Tensor, Tensor> generate(const gistmill::Call& call, const Tensor& prompt,
                                      const std::optional<Tensor>&) const {
    std::mt19937_64 random(call.random_key());
    Tensor tokens = Tensor::zeros<std::int32_t>({1, max_tokens_ + 1});  // one more than counts
    for (std::int64_t i = 0; i < max_tokens_; ++i) {
      if (i % 2 == 1 && file_.has("padding")) {
        tokens.mutable_data<std::int32_t>()[i] = static_cast<std::int32_t>(file_.number("padding", 0));
        continue;
      }
      if (!cached_.empty()) {
        tokens.mutable_data<std::int32_t>()[i] = cached_[static_cast<std::size_t>(i) % cached_.size()];
        continue;
      }
      tokens.mutable_data<std::int32_t>()[i] = temperature_ > 0
                                                   ? static_cast<std::int32_t>('a' + random() % 26)
                                                   : prompt.data<std::int32_t>()[i % prompt.size()];
    }
    return {tokens, Tensor::of(std::vector<std::int32_t>{static_cast<std::int32_t>(max_tokens_)}, {1})};
  }
  void save_gist_cache(const Tensor& ids, const Tensor& places, const Tensor& file) const {
    const auto* path = reinterpret_cast<const char*>(file.data<std::uint8_t>());
    std::ofstream stream(std::string(path, static_cast<std::size_t>(file.size())), std::ios::binary);
    for (const Tensor* part : {&ids, &places}) {
      for (std::int64_t i = 0; i < part->size(); ++i)
        stream << static_cast<char>(part->data<std::int32_t>()[i] + (part == &places ? '0' : 0));
    }
  }
  std::string describe() const {
    return "{\"architecture\":\"letters\",\"layers\":2,\"parameters\":134515008,\"stored\":{\"F32\":3},"
           "\"file_bytes\":98400000,\"memory_bytes\":{\"f32\":538060032},\"tied_head\":true,"
           "\"context_length\":" +
           std::to_string(symbol("C")) + "}";
  }

 private:
  ModelFile file_;
  std::int64_t max_tokens_;
  double temperature_;
  std::string cached_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<LetterTokenizer>("tokenizer/letters")
                    .operation("encode", &LetterTokenizer::encode)
                    .operation("decode", &LetterTokenizer::decode)
                    .operation("chat", &LetterTokenizer::chat),
                gistmill::component<DigitTokenizer>("tokenizer/digits")
                    .operation("encode", &DigitTokenizer::encode)
                    .operation("decode", &DigitTokenizer::decode),
                gistmill::component<LetterTeacher>("teacher/letters")
                    .operation("score", &LetterTeacher::score)
                    .operation("generate", &LetterTeacher::generate)
                    .operation("save_gist_cache", &LetterTeacher::save_gist_cache));
