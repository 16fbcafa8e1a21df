#include "plugins/store/common/provenance.hpp"

#include <exception>

#include <gistmill/formats/json.hpp>

namespace gistmill::store {
namespace {

using Json = nlohmann::json;

// The call that the tokens of the store came from: backwards along the calls that read tokens themselves.
const Json* tokenizing_call(const Json& calls) {
  if (calls.empty()) return nullptr;
  const Json* call = &calls.back();
  for (std::size_t steps = 0; steps < calls.size(); ++steps) {
    const Json& reads = call->at("reads");
    if (!reads.contains("tokens")) return call;
    call = &calls.at(std::stoul(reads["tokens"].get<std::string>()));  // "1.tokens"
  }
  return nullptr;
}

// The name of the file that an instance reads its model from.
std::string model_of(const Json& made, const std::string& instance) {
  const Json files = made.value("files", Json::object());
  const Json options = files.value(instance, Json::object());
  return options.value("model", std::string());
}

}  // namespace

std::string TokenizerIdentity::text() const {
  return component + " " + options.dump() + " with " + contents.substr(0, 12);
}

std::string instance_of_call(const Json& call) {
  const std::string name = call.at("call");
  return name.substr(0, name.find('.'));
}

std::optional<TokenizerIdentity> tokenizer_identity(const std::string& provenance) {
  try {
    const Json made = formats::parse_json(provenance, "provenance");
    const Json* call = tokenizing_call(made.at("calls"));
    if (call == nullptr) return std::nullopt;
    const std::string name = instance_of_call(*call);
    const Json& instance = made.at("instances").at(name);
    const bool is_source = call->at("reads").empty();
    return TokenizerIdentity{instance.at("component").get<std::string>(), instance.at("options"),
                             is_source ? "" : instance.at("contents").get<std::string>(),
                             model_of(made, name)};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::string without_hint(const std::string& provenance) {
  Json made = Json::parse(provenance, nullptr, false);
  if (!made.is_object() || made.erase("again") == 0) return provenance;
  return made.dump();
}

}  // namespace gistmill::store
