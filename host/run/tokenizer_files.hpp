// The tokenizer that a recipe uses, as files that go with a model that is exported.
#pragma once

#include <string_view>

#include "host/instance/array_call.hpp"
#include "host/plan/plan.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// What the tokenizer of the recipe gives to the operation of `saver` that is called `operation`: its ports
// tokenizer_json and tokenizer_config; or no_tokenizer, the reason why there are none, where the recipe has
// no tokenizer, none that writes files, one that its files cannot say, or several that differ. Nothing where
// the operation has no such ports. Throws Failure where a tokenizer cannot be made.
Arrays tokenizer_files(const Plan& plan, Registry& registry, const Instance& saver,
                       std::string_view operation);

}  // namespace gistmill
