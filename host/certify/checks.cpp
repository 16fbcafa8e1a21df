// See checks.hpp.
#include "host/certify/checks.hpp"

#include <algorithm>

namespace gistmill {

namespace {

constexpr Check kChecks[] = {
    {"scan", Scope::file, "the manifest is read without loading, within 100 ms", check_scan},
    {"symbols", Scope::file, "gm_plugin is exported, and nothing else", check_symbols},
    {"load", Scope::library, "loading and init leave the process as it was; code and manifest agree",
     check_load},
    {"create", Scope::instance, "instances come and go without a trace; parameters are as the manifest says",
     check_create},
    {"options", Scope::instance,
     "values at the ends of each option's range are taken or refused with a reason", check_options},
    {"ports", Scope::instance,
     "outputs have the types of their ports, are finite, and stay; inputs are not touched", check_ports},
    {"effects", Scope::operations, "what is pure is, and what is random depends on its key alone",
     check_effects},
    {"gradients", Scope::operations, "gradients agree with differences; those of parameters are added",
     check_gradients},
    {"state", Scope::operations, "a state that was saved goes on elsewhere as it would have here",
     check_state},
    {"instances", Scope::operations, "two instances know nothing of each other", check_instances},
    {"threads", Scope::operations, "another thread gets the same results", check_threads},
    {"role", Scope::instance, "optimizers, monitors and loggers do what their interface says", check_role},
    {"leaks", Scope::operations, "a thousand instances and calls leave no memory, descriptors or threads",
     check_leaks},
    {"cancel", Scope::operations, "a canceled call returns within a second", check_cancel},
};

}  // namespace

std::span<const Check> check_table() { return kChecks; }

const Check* find_check(std::string_view name) {
  const auto found = std::ranges::find(kChecks, name, &Check::name);
  return found == std::end(kChecks) ? nullptr : &*found;
}

}  // namespace gistmill
