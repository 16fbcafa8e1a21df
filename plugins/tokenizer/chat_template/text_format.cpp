// The fields of str.format, and which value each takes.
#include "plugins/tokenizer/chat_template/text_format.hpp"

#include <algorithm>
#include <optional>

#include "plugins/tokenizer/chat_template/print.hpp"

namespace gistmill::chat_template {
namespace {

class Fields {
 public:
  Fields(Budget& budget, const std::string& pattern, const CallArguments& arguments)
      : budget_(budget), pattern_(pattern), arguments_(arguments) {}

  std::string run() {
    std::string out;
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_++];
      const bool twice = at_ < pattern_.size() && pattern_[at_] == c;
      if (c != '{' && c != '}') {
        out += c;
      } else if (twice) {
        out += c;
        ++at_;
      } else if (c == '}') {
        throw Refusal("format() has a single '}'");
      } else {
        out += field();
      }
    }
    budget_.spend(pattern_.size());
    return out;
  }

 private:
  // Behind "{": name!conversion:spec}.
  std::string field() {
    const std::size_t end = pattern_.find('}', at_);
    if (end == std::string::npos) throw Refusal("format() has a '{' without '}'");
    std::string text = pattern_.substr(at_, end - at_);
    at_ = end + 1;
    if (text.find_first_of("{[.") < text.find(':') || text.find('{') != std::string::npos) {
      throw Refusal("fields of fields in format() are not supported: set a variable first");
    }
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string spec = colon < text.size() ? text.substr(colon + 1) : "";
    text.resize(colon);
    const std::size_t mark = std::min(text.find('!'), text.size());
    const std::string conversion = text.substr(mark);
    const Value& value = value_of(text.substr(0, mark));
    if (conversion.empty()) return format_value(budget_, value, spec);
    if (conversion != "!s" && conversion != "!r") throw Refusal("format() knows the conversions !s and !r");
    return format_value(
        budget_, Value::text(conversion == "!s" ? printed(budget_, value) : represented(budget_, value)),
        spec);
  }

  const Value& value_of(const std::string& name) {
    const bool numbered = name.find_first_not_of("0123456789") == std::string::npos;
    if (!numbered) {
      for (const auto& [key, value] : arguments_.named) {
        if (key == name) return value;
      }
      throw Refusal("format() has no argument '" + name + "'");
    }
    if (counts_ && *counts_ != name.empty()) throw Refusal("format() mixes {} and numbered fields");
    counts_ = name.empty();
    const std::size_t place = name.empty() ? next_++ : name.size() > 6 ? SIZE_MAX : std::stoul(name);
    if (place >= arguments_.positional.size()) throw Refusal("format() has too few arguments");
    return arguments_.positional[place];
  }

  Budget& budget_;
  const std::string& pattern_;
  const CallArguments& arguments_;
  std::size_t at_ = 0, next_ = 0;
  std::optional<bool> counts_;  // whether fields are without a number
};

}  // namespace

std::string format_fields(Budget& budget, const std::string& pattern, const CallArguments& arguments) {
  return Fields(budget, pattern, arguments).run();
}

}  // namespace gistmill::chat_template
