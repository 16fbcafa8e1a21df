#include "plugins/dataset/edge-cases/variations.hpp"

#include <utility>

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {
namespace {

constexpr std::string_view kKinds[] = {"repeated", "noisy", "numbers", "twins"};

}  // namespace

void check_kinds(const std::vector<std::string>& kinds) {
  if (kinds.empty()) throw Error(GM_ERROR_USER, "kinds is empty when it should name one or more", "kinds");
  for (const std::string& kind : kinds) {
    bool known = false;
    for (const std::string_view name : kKinds) known = known || name == kind;
    if (known) continue;
    throw Error(GM_ERROR_USER, "'" + kind + "' is no kind; there are repeated, noisy, numbers and twins",
                "kinds");
  }
}

std::vector<Variation> variations(const std::string& kind, const Passage& passage, double noise,
                                  KeyedRandom& random) {
  if (kind == "repeated") return {{"-repeated", repeated(passage, random)}};
  if (kind == "noisy") return {{"-noisy", noisy(passage, noise, random)}};
  if (kind == "numbers") return {{"-numbers", numbers(passage, random)}};
  check_kinds({kind});
  Twins made = twins(passage, random);
  return {{"-twin-a", std::move(made.first)}, {"-twin-b", std::move(made.second)}};
}

}  // namespace gistmill::dataset
