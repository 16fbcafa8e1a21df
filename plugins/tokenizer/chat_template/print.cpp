#include "plugins/tokenizer/chat_template/print.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/machine.hpp"

namespace gistmill::chat_template {
namespace {

void append_code(std::int32_t code, std::string* out) {
  static constexpr std::string_view kFrom = "\t\n\r\\", kTo = "tnr\\";
  const std::size_t named = code < 0x80 ? kFrom.find(static_cast<char>(code)) : std::string_view::npos;
  if (named != std::string_view::npos) {
    *out += '\\';
    *out += kTo[named];
  } else if (is_printable(code)) {
    text::append_utf8(*out, code);
  } else {
    const int digits = code < 0x100 ? 2 : code < 0x10000 ? 4 : 8;
    *out += digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
    for (int i = digits - 1; i >= 0; --i) *out += "0123456789abcdef"[code >> (4 * i) & 0xF];
  }
}

std::string quoted(std::string_view text) {
  const bool twice = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = twice ? '"' : '\'';
  std::string out(1, quote);
  for (const std::int32_t code : codes_of(text)) {
    if (code == quote) {
      out += '\\';
      out += quote;
    } else {
      append_code(code, &out);
    }
  }
  return out + quote;
}

class Printer {
 public:
  explicit Printer(Budget& budget) : budget_(budget) {}

  std::string repr(const Value& value) {
    const Budget::Call call(budget_);
    if (value.is_text()) {
      budget_.spend(value.as_text().size());
      return value.get<Text>()->markup ? "Markup(" + quoted(value.as_text()) + ")" : quoted(value.as_text());
    }
    if (value.is_undefined()) return "Undefined";
    return plain(value);
  }

  std::string plain(const Value& value) {
    budget_.step();
    if (value.is_none()) return "None";
    if (value.is<bool>()) return value.whole() != 0 ? "True" : "False";
    if (value.is_whole()) return std::to_string(value.whole());
    if (value.is<double>()) return float_text(value.real());
    if (const auto* list = value.look<List>()) return "[" + items(list->items) + "]";
    if (const auto* tuple = value.look<Tuple>()) {
      return "(" + items(tuple->items) + (tuple->items.size() == 1 ? ",)" : ")");
    }
    if (const auto* dict = value.look<Dict>()) return entries(*dict);
    if (const auto* range = value.get<Range>()) return range_text(*range);
    if (const auto* view = value.get<View>()) return view_text(*view, value.type_name());
    return object(value);
  }

 private:
  std::string items(const Values& all) {
    std::string out;
    for (const Value& one : all) append(&out, repr(one));
    return out;
  }
  // Each level copies what is within it, which counts.
  void append(std::string* out, const std::string& one) {
    budget_.spend(one.size() + 2);
    if (!out->empty()) *out += ", ";
    *out += one;
  }
  std::string entries(const Dict& dict) {
    std::string out;
    for (const auto& [key, value] : dict.entries) append(&out, repr(key) + ": " + repr(value));
    return "{" + out + "}";
  }
  static std::string range_text(const Range& range) {
    const std::string step = range.step == 1 ? "" : ", " + std::to_string(range.step);
    return "range(" + std::to_string(range.start) + ", " + std::to_string(range.stop) + step + ")";
  }
  std::string view_text(const View& view, const char* name) {
    std::string out;
    for (std::size_t i = 0; i < view.dict->entries.size(); ++i) append(&out, repr(view_item(view, i)));
    return std::string(name) + "([" + out + "])";
  }
  std::string object(const Value& value) {
    if (const auto* space = value.handle<Namespace>())
      return "<Namespace " + entries((*space)->attributes) + ">";
    if (const auto* macro = value.look<Macro>()) {
      return macro->name.empty() ? "<Macro anonymous>" : "<Macro '" + macro->name + "'>";
    }
    if (const auto* loop = value.handle<Loop>()) return (*loop)->printed();
    if (const auto* function = value.get<Function>()) {
      if (*function == Function::kDict) return "<class 'dict'>";
      if (*function == Function::kNamespace) return "<class 'jinja2.utils.Namespace'>";
    }
    throw Refusal(std::string("a value of type '") + value.type_name() +
                  "' cannot be printed: Python writes its place in memory");
  }

  Budget& budget_;
};

}  // namespace

std::string float_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  std::array<char, 32> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::scientific).ptr;
  const std::string_view shortest(digits.data(), static_cast<std::size_t>(end - digits.data()));
  const std::size_t e = shortest.find('e');
  int exponent = 0;
  const std::size_t sign = shortest[e + 1] == '+' ? 2 : 1;
  std::from_chars(shortest.data() + e + sign, shortest.data() + shortest.size(), exponent);
  if (exponent < -4 || exponent >= 16) return std::string(shortest);  // "1e+16", "1.5e-05"
  std::array<char, 64> fixed;
  const auto stop =
      std::to_chars(fixed.data(), fixed.data() + fixed.size(), number, std::chars_format::fixed).ptr;
  std::string text(fixed.data(), stop);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

std::string printed(Budget& budget, const Value& value) {
  if (value.is_undefined()) return {};
  if (value.is_text()) {
    budget.step(value.as_text().size() / 64);
    return value.as_text();
  }
  return Printer(budget).plain(value);
}

std::string represented(Budget& budget, const Value& value) { return Printer(budget).repr(value); }

}  // namespace gistmill::chat_template
