#include "plugins/dataset/instructions/pieces.hpp"

#include <charconv>

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {
namespace {

constexpr std::string_view kNames[kPieces] = {"before", "instruction", "after", "completion"};

}  // namespace

std::string piece_name(Piece piece, std::uint64_t sample) {
  return std::string(kNames[static_cast<int>(piece)]) + "/" + std::to_string(sample);
}

NamedPiece named_piece(std::string_view name) {
  for (int i = 0; i < kPieces; ++i) {
    if (!name.starts_with(kNames[i]) || name.substr(kNames[i].size(), 1) != "/") continue;
    const std::string_view digits = name.substr(kNames[i].size() + 1);
    NamedPiece result{static_cast<Piece>(i), 0};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result.sample);
    if (error == std::errc() && end == digits.data() + digits.size()) return result;
  }
  throw Error(GM_ERROR_USER,
              "document '" + std::string(name) +
                  "' is no piece of dataset/instruction-texts; let the option name the pipeline that "
                  "tokenizes these, whose store/tokens cuts and joins no documents",
              "corpus");
}

}  // namespace gistmill::dataset
