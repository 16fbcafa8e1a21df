#include "host/prepare/token_file_facts.hpp"

#include "host/installation/library_on_demand.hpp"

namespace gistmill {

namespace {

constexpr const char* kLibrary = "token-file";

}  // namespace

std::optional<std::string> provenance_of_token_file(const std::filesystem::path& path) {
  std::optional<std::string> provenance;
  door<decltype(gistmill_read_provenance)>(kLibrary, "gistmill_read_provenance")(&path, &provenance);
  return provenance;
}

std::optional<std::vector<TokenFileDocument>> documents_of_token_file(const std::filesystem::path& path) {
  std::optional<std::vector<TokenFileDocument>> documents;
  door<decltype(gistmill_read_documents)>(kLibrary, "gistmill_read_documents")(&path, &documents);
  return documents;
}

}  // namespace gistmill
