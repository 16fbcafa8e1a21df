#include "plugins/tokenizer/common/categories.hpp"

#include "plugins/tokenizer/common/code_table.hpp"
#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::tokenizer {
namespace {

using enum Category;

// clang-format off
constexpr CodeRangeOf<Category> kCategories[] = {
#include "plugins/tokenizer/common/unicode_categories.inc"
};
// clang-format on

}  // namespace

Categorized category_at(std::string_view text, std::size_t at) {
  static const CodeTable<Category> kTable(kCategories);
  Categorized character{kOther, 1};
  const std::int32_t code = decode_utf8(text, at, &character.size);
  if (code != kNoCharacter) character.category = kTable.of(code);
  return character;
}

}  // namespace gistmill::tokenizer
