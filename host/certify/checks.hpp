// Every check of `gistmill plugins certify`: what it is called, what it finds, what it works on. A check runs
// in a process of its own (check_process.hpp) and says what it finds as it goes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "host/certify/findings.hpp"
#include "host/certify/subject.hpp"

namespace gistmill {

// What of the plugin a check works on. Each needs those before it: where they die, it is not made.
enum class Scope { file, library, instance, operations };

struct Check {
  const char* name;
  Scope scope;
  const char* finds;  // for people, one line
  void (*run)(Subject& subject, Findings& findings);
};

// In the order in which they run.
std::span<const Check> check_table();
const Check* find_check(std::string_view name);

// file_checks.cpp
void check_scan(Subject& subject, Findings& findings);
void check_symbols(Subject& subject, Findings& findings);
// life_checks.cpp
void check_load(Subject& subject, Findings& findings);
void check_create(Subject& subject, Findings& findings);
void check_options(Subject& subject, Findings& findings);
// port_checks.cpp
void check_ports(Subject& subject, Findings& findings);
// effect_checks.cpp
void check_effects(Subject& subject, Findings& findings);
void check_instances(Subject& subject, Findings& findings);
void check_threads(Subject& subject, Findings& findings);
// gradient_checks.cpp
void check_gradients(Subject& subject, Findings& findings);
// state_checks.cpp
void check_state(Subject& subject, Findings& findings);
// role_checks.cpp
void check_role(Subject& subject, Findings& findings);
// endurance_checks.cpp
void check_leaks(Subject& subject, Findings& findings);
void check_cancel(Subject& subject, Findings& findings);

}  // namespace gistmill
