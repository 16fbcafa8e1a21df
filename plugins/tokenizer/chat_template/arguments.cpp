#include "plugins/tokenizer/chat_template/arguments.hpp"

#include <algorithm>

#include "plugins/tokenizer/chat_template/operators.hpp"
#include "plugins/tokenizer/chat_template/refusal.hpp"

namespace gistmill::chat_template {

Bound::Bound(const char* function, const CallArguments& arguments,
             std::initializer_list<const char*> parameters, std::size_t required)
    : function_(function), values_(parameters.size()), given_(parameters.size()) {
  const std::string name = std::string(function) + "()";
  if (arguments.positional.size() > parameters.size()) {
    throw Refusal(name + " takes at most " + std::to_string(parameters.size()) + " arguments, found " +
                  std::to_string(arguments.positional.size()));
  }
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
    values_[i] = arguments.positional[i];
    given_[i] = true;
  }
  for (const auto& [key, value] : arguments.named) {
    const auto found = std::find(parameters.begin(), parameters.end(), key);
    if (found == parameters.end()) throw Refusal(name + " has no argument " + key);
    const auto at = static_cast<std::size_t>(found - parameters.begin());
    if (given_[at]) throw Refusal(name + " is given " + key + " twice");
    values_[at] = value;
    given_[at] = true;
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (given_[i]) continue;
    const char* const missing = *(parameters.begin() + i);
    throw Refusal(name + " needs an argument " + (*missing == '/' ? missing + 1 : missing));
  }
}

bool Bound::boolean(std::size_t at, bool otherwise) const {
  return given_[at] ? truth(values_[at]) : otherwise;
}

std::int64_t Bound::whole(std::size_t at, std::int64_t otherwise) const {
  if (!given_[at]) return otherwise;
  expect_defined(values_[at]);
  if (!values_[at].is_whole()) {
    throw Refusal(std::string(function_) + "() needs an integer, found '" + values_[at].type_name() + "'");
  }
  return values_[at].whole();
}

const std::string& Bound::text(std::size_t at) const {
  expect_defined(values_[at]);
  if (!values_[at].is_text()) {
    throw Refusal(std::string(function_) + "() needs a string, found '" + values_[at].type_name() + "'");
  }
  return values_[at].as_text();
}

}  // namespace gistmill::chat_template
