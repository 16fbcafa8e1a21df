// What a token file says of itself and of its documents. A library of its own reads it, which is loaded when
// the first file is asked about: it links HDF5, which takes longer to load than the rest of the program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gistmill {

struct TokenFileDocument {
  std::string name;
  std::int32_t split = 0;  // formats::kTrainSplit or kValidationSplit
};

// Of a file that is not there, damaged or another store's: nothing; who reads it says so. Both throw Failure
// (ExitCode::failed) where the library cannot be loaded. Any thread.
std::optional<std::string> provenance_of_token_file(const std::filesystem::path& path);  // a JSON object
std::optional<std::vector<TokenFileDocument>> documents_of_token_file(const std::filesystem::path& path);

}  // namespace gistmill

// The doors of that library. Both sides are built together.
extern "C" __attribute__((visibility("default"))) void gistmill_read_provenance(
    const std::filesystem::path* path, std::optional<std::string>* provenance);
extern "C" __attribute__((visibility("default"))) void gistmill_read_documents(
    const std::filesystem::path* path, std::optional<std::vector<gistmill::TokenFileDocument>>* documents);
