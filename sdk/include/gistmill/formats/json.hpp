// Reads JSON that comes from strangers: a model's config.json, tokenizer_config.json and the like.
// Not a general JSON library: it gives nlohmann's values to work with, but only for text that says one thing
// (RFC 8259 in UTF-8, no duplicate keys, no comments) and stays within limits.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <gistmill/formats/error.hpp>
#include <nlohmann/json.hpp>

namespace gistmill::formats {

// Checked before memory is spent. A value costs at most about 200 bytes (a member of an object), beside the
// text of its strings: `values` bounds what a file of nothing but brackets can cost.
struct JsonLimits {
  std::size_t bytes = std::size_t{16} << 20;  // of the text
  std::size_t depth = 64;                     // of arrays and objects within each other
  std::size_t values = std::size_t{1} << 17;  // in all: scalars, arrays and objects
};

// Throws FormatError as "<name>:<line>:<column>: <message>"; columns count bytes, both count from 1.
// An integer that fits is one (unsigned where not negative); other numbers are doubles, which must be finite.
nlohmann::json parse_json(std::string_view text, const std::string& name, const JsonLimits& limits = {});

// The same of a file; FormatError also where it cannot be read.
nlohmann::json read_json_file(const std::filesystem::path& path, const JsonLimits& limits = {});

}  // namespace gistmill::formats
