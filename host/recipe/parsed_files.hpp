// The TOML files of one load. A recipe, its layers and its stages name some of them several times; each is
// read and parsed at the first time, so that all parts of a run see the same text.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>

#include "host/recipe/value.hpp"

namespace gistmill {

class ParsedFiles {
 public:
  // The tree of `path`, whose origins carry the name that the file was first asked for with. `named_at`: who
  // names it, for errors. Throws Failure (ExitCode::recipe): unreadable, syntax.
  const Value& parse(const std::filesystem::path& path, const Origin& named_at);

  std::size_t count() const { return parsed_; }  // how often a text was parsed

 private:
  std::map<std::filesystem::path, Value> files_;  // by absolute path
  std::size_t parsed_ = 0;
};

}  // namespace gistmill
