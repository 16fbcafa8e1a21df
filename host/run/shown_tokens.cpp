#include "host/run/shown_tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <gistmill/text/shown.hpp>

#include "host/instance/array_call.hpp"
#include "host/instance/plugin_host.hpp"

namespace gistmill {
namespace {

constexpr std::size_t kLongest = 600;  // bytes of a text that are shown on a terminal

}  // namespace

Decoder::Decoder(const Plan& plan, Registry& registry, std::uint64_t seed) {
  const auto decodes = [](const PlannedInstance& planned) {
    return planned.spec->operation("decode") != nullptr;
  };
  const auto found = std::ranges::find_if(plan.instances, decodes);
  if (found == plan.instances.end()) return;
  instance_ = std::make_unique<Instance>(*found, component_for(*found, registry), plugin_host());
  instance_->start({}, seed);
}

std::string Decoder::text(const Tokens& tokens) const {
  if (instance_ == nullptr || tokens.empty()) return "";
  return text_of(call_operation(*instance_, "decode", {{"tokens", token_array(tokens)}}).at("text"));
}

std::string shown(std::string text) {
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  std::string line;
  for (const char letter : text) {
    if (letter == '\n') {
      line += "\\n";
    } else if (letter == '\t') {
      line += "\\t";
    } else {
      line += letter;
    }
  }
  return text::printable(line);
}

std::string shown(const Tokens& tokens, const std::string& text) {
  return text.empty() ? shown(fmt::format("{}", fmt::join(tokens, " "))) : shown(text);
}

}  // namespace gistmill
