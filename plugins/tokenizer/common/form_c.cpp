// A quick check (Unicode Standard Annex 15, section 9) passes over what is in form C already.
#include "plugins/tokenizer/common/form_c.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "plugins/tokenizer/common/code_table.hpp"
#include "plugins/tokenizer/common/normal_forms.hpp"
#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::tokenizer {
namespace {

using FormCClass =
    std::uint8_t;  // a combining class, or one of these, of which there are no combining classes

// A newer Unicode composes, decomposes or reorders it, but the normalizer of `tokenizers` does not: nothing
// changes across it.
constexpr FormCClass kInert = 254;
// Changes, or composes with what stands before.
constexpr FormCClass kChanges = 255;

// clang-format off
constexpr CodeRangeOf<FormCClass> kClasses[] = {
#include "plugins/tokenizer/common/nfc_classes.inc"
};
// clang-format on

FormCClass class_of(std::int32_t code) {
  static const CodeTable<FormCClass> kTable(kClasses);
  if (code == kNoCharacter) return kInert;
  return code < kClasses[0].first ? FormCClass{0} : kTable.of(code);
}

constexpr std::size_t kBlock = 32;

bool is_ascii_block(const char* text) {
  std::array<std::uint64_t, kBlock / 8> words;
  std::memcpy(words.data(), text, kBlock);
  return ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080u) == 0;
}

// What a text is looked through for: characters that start something new, between which marks stand in order.
class QuickCheck {
 public:
  explicit QuickCheck(std::string_view text) : text_(text) {}

  // Goes on to the next place that may change; false where there is none.
  bool find() {
    std::size_t size = 0;
    for (; at_ < text_.size(); at_ += size) {
      while (text_.size() - at_ >= kBlock && is_ascii_block(text_.data() + at_)) {
        at_ += kBlock;
        starter_ = at_ - 1;
        last_ = 0;
      }
      if (at_ == text_.size()) return false;
      const FormCClass type = class_of(decode_utf8(text_, at_, &size));
      if (type == 0 || type == kInert) {
        starter_ = type == 0 ? at_ : at_ + size;
        last_ = 0;
      } else if (type == kChanges || type < last_) {
        return true;
      } else {
        last_ = type;
      }
    }
    return false;
  }
  // Of what find() found: from the character that the marks stand on to the next that starts something new.
  std::string_view take() {
    const std::size_t start = starter_;
    std::size_t size = 0;
    for (; at_ < text_.size(); at_ += size) {
      const FormCClass type = class_of(decode_utf8(text_, at_, &size));
      if (type == 0 || type == kInert) break;
    }
    starter_ = at_;
    last_ = 0;
    return text_.substr(start, at_ - start);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t starter_ = 0;  // where what a mark may change begins
  FormCClass last_ = 0;      // of the mark before
};

}  // namespace

std::string_view in_form_c(std::string_view text, std::string* buffer) {
  QuickCheck check(text);
  if (!check.find()) return text;
  buffer->clear();
  std::size_t copied = 0;  // text before it is in the buffer
  do {
    const std::string_view changing = check.take();
    const auto start = static_cast<std::size_t>(changing.data() - text.data());
    buffer->append(text, copied, start - copied);
    *buffer += to_normal_form(changing, NormalForm::kC);
    copied = start + changing.size();
  } while (check.find());
  return buffer->append(text, copied);
}

std::string to_nfc(std::string_view text) {
  std::string buffer;
  const std::string_view normalized = in_form_c(text, &buffer);
  return normalized.data() == text.data() ? std::string(text) : buffer;
}

}  // namespace gistmill::tokenizer
