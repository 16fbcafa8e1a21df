// The methods of lists, tuples, dictionaries and ranges that change nothing, and those of `loop`.
#include "plugins/tokenizer/chat_template/functions.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"

namespace gistmill::chat_template {
namespace {

Value view_of(const Value& self, View::Of of, const char* name, const CallArguments& arguments) {
  const Bound given(name, arguments, {});
  return Value(View{*self.handle<const Dict>(), of});
}

Value dict_method(const Value& self, const std::string& name, const CallArguments& arguments) {
  if (name == "keys") return view_of(self, View::Of::kKeys, "keys", arguments);
  if (name == "values") return view_of(self, View::Of::kValues, "values", arguments);
  if (name == "items") return view_of(self, View::Of::kItems, "items", arguments);
  if (name == "copy") {
    const Bound given("copy", arguments, {});
    return self;  // nothing changes it
  }
  if (name == "get") {
    const Bound given("get", arguments, {"/key", "/default"}, 1);
    const Value* const found = self.look<Dict>()->find(given[0]);
    return found ? *found : given[1];
  }
  throw Refusal("the method " + name + "() of dictionaries is not supported");
}

Value items_method(Machine& machine, const Value& self, const std::string& name,
                   const CallArguments& arguments) {
  if (name == "copy" && self.look<List>()) {
    const Bound given("copy", arguments, {});
    return self;
  }
  if (name != "count" && name != "index")
    throw Refusal("the method " + name + "() of lists is not supported");
  const bool counts = name == "count";
  const Bound given(counts ? "count" : "index", arguments, {"/value", "/start", "/stop"}, 1);
  if (given.has(1)) throw Refusal(name + "() with a place to start is not supported: use a slice");
  const auto items = iterate(machine.budget(), self);
  std::int64_t count = 0, at = 0;
  for (Value one; items->next(&one); ++at) {
    if (!equal(machine.budget(), one, given[0])) continue;
    if (!counts) return Value(at);
    ++count;
  }
  if (!counts) throw Refusal("index(): the value is not there");
  return Value(count);
}

}  // namespace

Value call_container_method(Machine& machine, const Value& self, const std::string& name,
                            const CallArguments& arguments) {
  if (self.look<Dict>()) return dict_method(self, name, arguments);
  if (self.items() || self.is<Range>()) return items_method(machine, self, name, arguments);
  throw Refusal("the method " + name + "() of '" + self.type_name() + "' is not supported");
}

Value call_loop_method(Machine& machine, Loop& loop, const std::string& name,
                       const CallArguments& arguments) {
  if (!arguments.named.empty()) throw Refusal("loop." + name + "() takes no arguments by name");
  if (name == "cycle") {
    if (arguments.positional.empty()) throw Refusal("loop.cycle() needs values");
    const auto size = static_cast<std::int64_t>(arguments.positional.size());
    return arguments.positional[static_cast<std::size_t>(loop.index0 % size)];
  }
  const Value given = tuple_of(arguments.positional);
  if (loop.changed && equal(machine.budget(), *loop.changed, given)) return Value(false);
  loop.changed = given;
  return Value(true);
}

}  // namespace gistmill::chat_template
