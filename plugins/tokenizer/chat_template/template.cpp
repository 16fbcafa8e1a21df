#include "plugins/tokenizer/chat_template/template.hpp"

#include "plugins/tokenizer/chat_template/lexer.hpp"
#include "plugins/tokenizer/chat_template/machine.hpp"
#include "plugins/tokenizer/chat_template/parser.hpp"
#include "plugins/tokenizer/chat_template/symbols.hpp"

namespace gistmill::chat_template {

Template::Template(std::string_view source) {
  body_ = Parser(tokenize(source)).parse();
  frame_ = bind_names(&body_);
}

std::string Template::render(const Dict& variables, const std::function<std::tm()>& now,
                             const Limits& limits) const {
  return Machine(variables, limits, now).run(body_, frame_);
}

Value from_json(const nlohmann::ordered_json& json) {
  switch (json.type()) {
    case nlohmann::ordered_json::value_t::boolean:
      return Value(json.get<bool>());
    case nlohmann::ordered_json::value_t::number_integer:
      return Value(json.get<std::int64_t>());
    case nlohmann::ordered_json::value_t::number_unsigned:
      if (json.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
        throw Refusal("integer " + json.dump() + " does not fit 64 bits");
      }
      return Value(json.get<std::int64_t>());
    case nlohmann::ordered_json::value_t::number_float:
      return Value(json.get<double>());
    case nlohmann::ordered_json::value_t::string:
      return Value::text(json.get_ref<const std::string&>());
    case nlohmann::ordered_json::value_t::array: {
      Values items;
      for (const auto& one : json) items.push_back(from_json(one));
      return list_of(std::move(items));
    }
    case nlohmann::ordered_json::value_t::object:
      return dict_of(variables_from(json));
    default:
      return Value();
  }
}

Dict variables_from(const nlohmann::ordered_json& object) {
  Dict variables;
  for (const auto& [key, value] : object.items()) variables.set(Value::text(key), from_json(value));
  return variables;
}

}  // namespace gistmill::chat_template
