// Known by their first bytes; none of them is read further.
#include "plugins/tokenizer/common/foreign_files.hpp"

#include <algorithm>
#include <string>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/lfs_pointer.hpp>

namespace gistmill::tokenizer {
namespace {

constexpr std::size_t kLooked = 4096;  // bytes at the start of a file

// Of the file that the pointer stands for: "size 9085657"; "" where the pointer does not say.
std::string size_in(std::string_view pointer) {
  const std::size_t at = pointer.find("\nsize ");
  if (at == std::string_view::npos) return {};
  const std::string_view digits = pointer.substr(at + 6);
  return std::string(digits.substr(0, std::min(digits.find_first_not_of("0123456789"), std::size_t{20})));
}

// "IQ== 0": a token in base64 and its rank, a line each.
bool is_tiktoken(std::string_view start) {
  constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  const std::string_view line = start.substr(0, start.find('\n'));
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space % 4 != 0 || space == 0 || space + 1 == line.size())
    return false;
  return line.substr(0, space).find_first_not_of(kBase64) == std::string_view::npos &&
         line.substr(space + 1).find_first_not_of("0123456789\r") == std::string_view::npos;
}

// {"config": {"pattern": ..., "num_vocab_tokens": ...}, "vocab": [{"rank": 0, "token_bytes": "AA=="}]}
bool is_tekken(std::string_view start) {
  return start.starts_with("{") && start.find("\"config\"") != std::string_view::npos &&
         (start.find("\"num_vocab_tokens\"") != std::string_view::npos ||
          start.find("\"default_vocab_size\"") != std::string_view::npos);
}

}  // namespace

void refuse_foreign(std::string_view bytes, const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& message) {
    throw formats::FormatError(path.string() + ": " + message);
  };
  const std::string_view start = bytes.substr(0, kLooked);
  if (formats::is_lfs_pointer(start)) {
    const std::string size = size_in(start);
    refuse("is a Git LFS pointer in the place of the file" + (size.empty() ? "" : " of " + size + " bytes") +
           "; fetch it with 'git lfs pull' in its folder");
  }
  if (is_tiktoken(start)) {
    refuse(
        "is a vocabulary in the form of tiktoken (base64 and rank), as Meta ships Llama 3, which tells no "
        "pre-tokenizer and no special tokens; use the tokenizer.json of the model's Hugging Face folder");
  }
  if (is_tekken(start)) {
    refuse(
        "is Mistral's tekken.json, which is not read; use the tokenizer.json of the model's Hugging Face "
        "folder");
  }
}

}  // namespace gistmill::tokenizer
