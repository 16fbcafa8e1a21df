// What a function, method, filter or test is called with.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "plugins/tokenizer/chat_template/value.hpp"

namespace gistmill::chat_template {

struct CallArguments {
  Values positional;
  std::vector<std::pair<std::string, Value>> named;
};

// Arguments in the places of parameters.
class Bound {
 public:
  // `required`: how many of the first parameters have no default. A name that starts with '/' takes no
  // argument by name. Throws Refusal where they do not fit.
  Bound(const char* function, const CallArguments& arguments, std::initializer_list<const char*> parameters,
        std::size_t required = 0);

  bool has(std::size_t at) const { return given_[at]; }
  const Value& operator[](std::size_t at) const { return values_[at]; }  // None where it is not given

  // With Python's rules for what is given; `otherwise` where nothing is.
  bool boolean(std::size_t at, bool otherwise) const;
  std::int64_t whole(std::size_t at, std::int64_t otherwise) const;
  const std::string& text(std::size_t at) const;  // throws Refusal where it is something else

 private:
  const char* function_;
  Values values_;
  std::vector<bool> given_;
};

}  // namespace gistmill::chat_template
