// The library that reads token files for token_file_facts.hpp.
#include "gistmill/formats/token_file.hpp"
#include "host/prepare/token_file_facts.hpp"

namespace {

// Nothing where the file is no token file.
std::optional<gistmill::formats::TokenFileReader> open(const std::filesystem::path& path) {
  try {
    return gistmill::formats::TokenFileReader(path);
  } catch (const gistmill::formats::FormatError&) {
    return std::nullopt;
  }
}

}  // namespace

extern "C" void gistmill_read_provenance(const std::filesystem::path* path,
                                         std::optional<std::string>* provenance) {
  if (const auto file = open(*path)) *provenance = file->provenance();
}

extern "C" void gistmill_read_documents(const std::filesystem::path* path,
                                        std::optional<std::vector<gistmill::TokenFileDocument>>* documents) {
  const auto file = open(*path);
  if (!file) return;
  documents->emplace().reserve(file->documents());
  for (std::size_t i = 0; i < file->documents(); ++i)
    (*documents)->push_back({std::string(file->name(i)), file->split(i)});
}
