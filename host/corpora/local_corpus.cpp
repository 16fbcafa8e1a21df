#include "host/corpora/local_corpus.hpp"

#include <string_view>

#include "host/diagnostic/failure.hpp"
#include "host/files/text_file.hpp"
#include "host/recipe/toml.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

std::int64_t integer_of(const Value& document, std::string_view key) {
  const Value* value = document.find(key);
  const auto* integer = value == nullptr ? nullptr : value->get_if<std::int64_t>();
  return integer == nullptr ? 0 : *integer;
}

}  // namespace

LocalCorpus local_corpus(const CatalogCorpus& corpus, const fs::path& texts) {
  LocalCorpus local;
  const fs::path folder = texts / corpus.name;
  std::error_code none;
  const bool is_folder = fs::is_directory(folder, none);
  local.here = is_folder ? !fs::is_empty(folder, none) : fs::exists(folder, none);
  const auto source = is_folder ? read_text_file_if_there(folder / kSourceFile) : std::nullopt;
  if (!source) return local;
  const Value document = parse_toml(*source, (folder / kSourceFile).string(), ExitCode::failed);
  const Value* version = document.find("version");
  local.fetched = true;
  if (version != nullptr && version->get_if<std::string>() != nullptr)
    local.version = *version->get_if<std::string>();
  local.documents = integer_of(document, "documents");
  local.bytes = integer_of(document, "bytes");
  return local;
}

}  // namespace gistmill
