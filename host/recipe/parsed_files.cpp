// Reads files whole; see parsed_files.hpp.
#include "host/recipe/parsed_files.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "host/recipe/toml.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path, const Origin& named_at) {
  const auto fail = [&] {
    const int error = errno;
    std::string reason = std::generic_category().message(error);
    reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
    std::vector<std::string> notes;
    if (error == EISDIR)
      notes.emplace_back(
          "a recipe is a .toml file; the run in a folder goes on by its recipe, with --resume");
    throw Failure(ExitCode::recipe, named_at,
                  fmt::format("cannot read recipe '{}': {}", path.string(), reason), std::move(notes));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) fail();
  std::string text;
  char piece[16384];
  while (const std::size_t got = std::fread(piece, 1, sizeof piece, file.get())) text.append(piece, got);
  if (std::ferror(file.get()) != 0) fail();
  return text;
}

}  // namespace

const Value& ParsedFiles::parse(const fs::path& path, const Origin& named_at) {
  const fs::path key = fs::absolute(path).lexically_normal();
  if (const auto known = files_.find(key); known != files_.end()) return known->second;
  Value tree = parse_toml(read_text(path, named_at), path.string(), ExitCode::recipe);
  ++parsed_;
  return files_.emplace(key, std::move(tree)).first->second;
}

}  // namespace gistmill
