#include "host/run/run_tokenizer.hpp"

#include <algorithm>
#include <variant>

#include "host/diagnostic/failure.hpp"
#include "host/identity/file_identity.hpp"
#include "host/instance/array_call.hpp"
#include "host/instance/begin_tokens.hpp"
#include "host/instance/plugin_host.hpp"

namespace gistmill {

RunTokenizer::RunTokenizer(const Plan& plan, Registry& registry, bool marks) {
  const auto encodes = [](const PlannedInstance& planned) {
    return planned.spec->operation("encode") != nullptr;
  };
  const auto found = std::ranges::find_if(plan.instances, encodes);
  if (found == plan.instances.end())
    throw Failure(ExitCode::recipe, "the run's recipe has no component that encodes text",
                  {"it needs a tokenizer, with operations encode and decode, among its [components]"});
  PlannedInstance planned = *found;
  for (PlannedOption& option : planned.options) {
    if (marks && option.key == "special" && std::holds_alternative<bool>(option.value)) option.value = true;
  }
  instance_ = std::make_unique<Instance>(planned, component_for(planned, registry), plugin_host());
  instance_->start({}, 0);
  begin_ = begin_tokens_of(*instance_);
  vocabulary_ = vocabulary_of(*instance_);
}

std::vector<std::int32_t> RunTokenizer::encode(std::string_view text) const {
  return tokens_of(call_operation(*instance_, "encode", {{"text", bytes_array(text)}}).at("tokens"));
}

std::vector<std::int32_t> RunTokenizer::document(std::string_view text) const {
  return as_document(begin_, encode(text));
}

std::string RunTokenizer::decode(const std::vector<std::int32_t>& tokens) const {
  const Tensor known = token_array(known_tokens(tokens, vocabulary_));
  return text_of(call_operation(*instance_, "decode", {{"tokens", known}}).at("text"));
}

std::string RunTokenizer::chat(const std::string& messages) const {
  return text_of(call_operation(*instance_, "chat", {{"messages", bytes_array(messages)}}).at("text"));
}

std::string RunTokenizer::identity() const { return file_identity(*instance_); }

}  // namespace gistmill
