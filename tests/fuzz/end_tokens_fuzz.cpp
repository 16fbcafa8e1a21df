// libFuzzer on what ends a text: the keys and token names of a GGUF file, or the added tokens of
// tokenizer.json and tokenizer_config.json. Whatever the bytes, tokens that are named once each, or a
// refusal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include <gistmill/formats/gguf.hpp>

#include "plugins/teacher/decoder/files/end_tokens.hpp"
#include "tests/fuzz/cost_watch.hpp"
#include "tests/fuzz/scratch_folder.hpp"

namespace {

using namespace gistmill;

void check(const decoder::EndTokens& ends) {
  std::set<std::int64_t> ids;
  for (const decoder::EndToken& token : ends.all()) {
    if (token.id < 0 || token.source.empty() || !ids.insert(token.id).second) std::abort();
  }
}

void read_gguf(std::string_view bytes) {
  try {
    check(decoder::end_tokens_of(formats::Gguf(bytes, "fuzz")));
  } catch (const formats::FormatError&) {
  }
}

void read_added(const fuzz::ScratchFolder& folder, const char* name, std::string_view bytes) {
  const auto path = folder.write(name, bytes);
  decoder::EndTokens ends;
  add_by_name(decoder::added_tokens_of(folder.path()), &ends);
  check(ends);
  std::filesystem::remove(path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // JSON becomes a tree: a value of two bytes costs some hundred.
  const fuzz::CostWatch watch(size, 64, std::size_t{4} << 20);
  if (bytes.starts_with("GGUF")) {
    read_gguf(bytes);
  } else {
    read_added(folder, "tokenizer.json", bytes);
    read_added(folder, "tokenizer_config.json", bytes);
  }
  return 0;
}
