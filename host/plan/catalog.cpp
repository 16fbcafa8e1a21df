#include "host/plan/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

// A library named after the component ("contrastive.so" for "loss/contrastive") may be the one meant, and one
// that was refused for what the component lacks is.
bool may_offer(const RefusedFile& file, std::string_view component) {
  const std::string_view name = component.substr(component.find('/') + 1);
  return !name.empty() && (file.path.stem().string().find(name) != std::string::npos ||
                           file.reason.find(component) != std::string::npos);
}

}  // namespace

const ComponentSpec& Catalog::find(const std::string& component, const Origin& origin) const {
  std::vector<std::string> names;
  for (const ComponentSpec* spec : components) {
    if (spec->name == component) return *spec;
    names.push_back(spec->name);
  }
  std::vector<std::string> notes = did_you_mean(component, names);
  for (const auto& folder : searched) notes.push_back(fmt::format("searched {}", folder.string()));
  if (!searched.empty()) notes.emplace_back("--plugins DIR searches another folder first");
  for (const RefusedFile& file : refused) {
    if (may_offer(file, component)) {
      notes.push_back(fmt::format("refused {}: {}", file.path.string(), file.reason));
    }
  }
  throw Failure(ExitCode::recipe, origin, fmt::format("no plugin offers '{}'", component), std::move(notes));
}

}  // namespace gistmill
