#include "plugins/tokenizer/chat_template/json.hpp"

#include <algorithm>
#include <cmath>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"
#include "plugins/tokenizer/chat_template/print.hpp"

namespace gistmill::chat_template {
namespace {

void append_unit(std::uint32_t unit, std::string* out) {
  *out += "\\u";
  for (int i = 3; i >= 0; --i) *out += "0123456789abcdef"[unit >> (4 * i) & 0xF];
}

void append_code(std::int32_t code, bool ascii, std::string* out) {
  static constexpr std::string_view kFrom = "\"\\\n\r\t\f\b", kTo = "\"\\nrtfb";
  const std::size_t named = code < 0x80 ? kFrom.find(static_cast<char>(code)) : std::string_view::npos;
  const auto unit = static_cast<std::uint32_t>(code);
  if (named != std::string_view::npos) {
    *out += '\\';
    *out += kTo[named];
  } else if (unit < 0x20 || (ascii && unit >= 0x7F && unit < 0x10000)) {
    unit == 0x7F ? void(*out += '\x7F') : append_unit(unit, out);
  } else if (ascii && unit >= 0x10000) {
    append_unit(0xD800 + ((unit - 0x10000) >> 10), out);
    append_unit(0xDC00 + ((unit - 0x10000) & 0x3FF), out);
  } else {
    text::append_utf8(*out, code);
  }
}

class Writer {
 public:
  Writer(Budget& budget, const JsonStyle& style) : budget_(budget), style_(style) {}
  std::string out;

  void value(const Value& value, std::size_t level) {
    const Budget::Call call(budget_);
    budget_.step();
    if (value.is_text()) return text(value.as_text());
    if (const auto* items = value.items()) return list(*items, level);
    if (const auto* dict = value.look<Dict>()) return object(*dict, level);
    if (!value.is_none() && !value.is_number()) {
      throw Refusal(std::string("a value of type '") + value.type_name() + "' cannot be written as JSON");
    }
    add(scalar(value));
  }

 private:
  void add(std::string_view text) {
    budget_.spend(text.size());
    out += text;
  }
  void text(const std::string& utf8) {
    budget_.spend(utf8.size());
    out += '"';
    for (const std::int32_t code : codes_of(utf8)) append_code(code, style_.ascii, &out);
    out += '"';
  }
  static std::string scalar(const Value& value) {
    if (value.is_none()) return "null";
    if (value.is<bool>()) return value.whole() != 0 ? "true" : "false";
    if (value.is_whole()) return std::to_string(value.whole());
    const double number = value.real();
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
    return float_text(number);
  }

  void line(std::size_t level) {
    if (!style_.indent) return;
    add("\n");
    for (std::size_t i = 0; i < level; ++i) add(*style_.indent);
  }
  void list(const Values& items, std::size_t level) {
    if (items.empty()) return add("[]");
    add("[");
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) add(style_.between);
      line(level + 1);
      value(items[i], level + 1);
    }
    line(level);
    add("]");
  }
  void object(const Dict& dict, std::size_t level) {
    if (dict.entries.empty()) return add("{}");
    auto entries = dict.entries;
    if (style_.sorted) {
      std::stable_sort(entries.begin(), entries.end(),
                       [&](const auto& a, const auto& b) { return less(budget_, a.first, b.first); });
    }
    add("{");
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) add(style_.between);
      line(level + 1);
      key(entries[i].first);
      add(style_.after_key);
      value(entries[i].second, level + 1);
    }
    line(level);
    add("}");
  }
  void key(const Value& key) {
    if (key.is_text()) return text(key.as_text());
    if (!key.is_none() && !key.is_number()) {
      throw Refusal(std::string("a key of type '") + key.type_name() + "' cannot be written as JSON");
    }
    text(scalar(key));
  }

  Budget& budget_;
  const JsonStyle& style_;
};

}  // namespace

std::string to_json(Budget& budget, const Value& value, const JsonStyle& style) {
  Writer writer(budget, style);
  writer.value(value, 0);
  return std::move(writer.out);
}

}  // namespace gistmill::chat_template
