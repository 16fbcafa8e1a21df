// Whether statements read one of the special names, before anything there sets it.
#pragma once

#include <set>
#include <string>

#include "plugins/tokenizer/chat_template/nodes.hpp"

namespace gistmill::chat_template {

std::set<std::string> uses_of(Body& body, std::set<std::string> names);

}  // namespace gistmill::chat_template
