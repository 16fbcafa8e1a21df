// What a store holds, for people and programs that look into it.
#pragma once

#include <nlohmann/json.hpp>

#include "plugins/store/gists/reader.hpp"

namespace gistmill::gists {

// Reads every row and its checksum. Throws FormatError where the rows do not follow each other.
nlohmann::ordered_json description_of(const GistReader& reader);

}  // namespace gistmill::gists
