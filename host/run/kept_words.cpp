#include "host/run/kept_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/diagnostic/failure.hpp"
#include "host/instance/array_call.hpp"

namespace gistmill {
namespace {

struct Kind {
  const char* name;
  bool text::ExactKinds::*member;
};
constexpr Kind kKinds[] = {{"numbers", &text::ExactKinds::numbers},
                           {"names", &text::ExactKinds::names},
                           {"identifiers", &text::ExactKinds::identifiers}};

}  // namespace

text::ExactKinds exact_kinds(std::string_view list) {
  text::ExactKinds kinds;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view name = list.substr(0, comma);
    const auto kind = std::ranges::find_if(kKinds, [&](const Kind& one) { return one.name == name; });
    if (kind == std::end(kKinds)) {
      throw Failure(
          ExitCode::usage,
          fmt::format("--keep has '{}' when words are kept by kind: numbers, names, identifiers", name),
          {"several are separated by commas: --keep numbers,names"});
    }
    kinds.*kind->member = true;
    if (comma == std::string_view::npos) return kinds;
    list.remove_prefix(comma + 1);
  }
}

std::string to_text(const text::ExactKinds& kinds) {
  std::string text;
  for (const Kind& kind : kKinds) {
    if (kinds.*kind.member) text += (text.empty() ? "" : ", ") + std::string(kind.name);
  }
  return text;
}

KeptWords::KeptWords(const Instance& tokenizer, const text::ExactKinds& kinds) : kinds_(kinds) {
  if (tokenizer.planned().spec->operation("vocabulary") == nullptr) {
    throw Failure(
        ExitCode::recipe,
        fmt::format("{} cannot keep words: it does not say which bytes its tokens stand for (no operation "
                    "'vocabulary')",
                    tokenizer.name()));
  }
  const Arrays vocabulary = call_operation(tokenizer, "vocabulary", {});
  bytes_ = text_of(vocabulary.at("token_bytes"));
  ends_ = tokens_of(vocabulary.at("token_ends"));
}

std::string_view KeptWords::bytes_of(std::int32_t token) const {
  if (token < 0 || token >= std::ssize(ends_)) return "";
  const auto index = static_cast<std::size_t>(token);
  const auto begin = static_cast<std::size_t>(index == 0 ? 0 : ends_[index - 1]);
  return std::string_view(bytes_).substr(begin, static_cast<std::size_t>(ends_[index]) - begin);
}

std::vector<std::uint8_t> KeptWords::of(const std::vector<std::int32_t>& tokens) const {
  std::string text;
  std::vector<std::size_t> ends;
  for (const std::int32_t token : tokens) {
    text += bytes_of(token);
    ends.push_back(text.size());
  }
  std::vector<std::uint8_t> kept(tokens.size(), 0);
  std::size_t token = 0;
  for (const text::ByteRange& word : text::exact_words(text, kinds_)) {
    while (ends[token] <= word.begin) ++token;
    for (std::size_t i = token; i < ends.size() && (i == 0 ? 0 : ends[i - 1]) < word.end; ++i) kept[i] = 1;
  }
  return kept;
}

}  // namespace gistmill
