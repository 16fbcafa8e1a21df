// Filters, tests and methods by name.
#pragma once

#include <string>

#include "plugins/tokenizer/chat_template/arguments.hpp"
#include "plugins/tokenizer/chat_template/machine.hpp"

namespace gistmill::chat_template {

// Throws Refusal, as all of these do where a name is not known or the arguments do not fit.
Value apply_filter(Machine& machine, const std::string& name, const Value& value,
                   const CallArguments& arguments);
bool apply_test(Machine& machine, const std::string& name, const Value& value,
                const CallArguments& arguments);
// What `table` has under `name`, called as one step; check(name, at) throws where it has nothing.
template <class Table, class Check>
auto apply_named(const Table& table, const Check& check, Machine& machine, const std::string& name,
                 const Value& value, const CallArguments& arguments) {
  check(name, Position{});
  machine.budget().step();
  return table.at(name)({machine, value, arguments});
}
void check_filter(const std::string& name, Position at);
void check_test(const std::string& name, Position at);
bool is_filter(const std::string& name);
bool is_test(const std::string& name);

// value.name and value[key], as Jinja looks things up: an attribute is Python's before it is an item's, an
// item the other way around. Undefined where there is neither.
Value attribute_of(Machine& machine, const Value& value, const std::string& name);
Value item_of(Machine& machine, const Value& value, const Value& key);
// value[start:stop:step]; none where nothing is given.
Value slice_of(Budget& budget, const Value& value, const Value& start, const Value& stop, const Value& step);
// "a.0.b" of a value, as filters take attributes; `otherwise` where a part is undefined, unless it is none.
Value path_of(Machine& machine, const Value& value, const Value& path, const Value& otherwise = {});

Value call_text_method(Machine& machine, const Value& self, const std::string& name,
                       const CallArguments& arguments);
Value call_container_method(Machine& machine, const Value& self, const std::string& name,
                            const CallArguments& arguments);
Value call_loop_method(Machine& machine, Loop& loop, const std::string& name, const CallArguments& arguments);

}  // namespace gistmill::chat_template
