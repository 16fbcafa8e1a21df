// What is found of a value by a name or a key.
#include <algorithm>
#include <array>
#include <span>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/functions.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"

namespace gistmill::chat_template {
namespace {

using Names = std::span<const std::string_view>;

// The public attributes of Python's types: what a key of the same name is hidden by.
constexpr std::array<std::string_view, 47> kText = {
    "capitalize", "casefold",     "center",       "count",   "encode",     "endswith",    "expandtabs",
    "find",       "format",       "format_map",   "index",   "isalnum",    "isalpha",     "isascii",
    "isdecimal",  "isdigit",      "isidentifier", "islower", "isnumeric",  "isprintable", "isspace",
    "istitle",    "isupper",      "join",         "ljust",   "lower",      "lstrip",      "maketrans",
    "partition",  "removeprefix", "removesuffix", "replace", "rfind",      "rindex",      "rjust",
    "rpartition", "rsplit",       "rstrip",       "split",   "splitlines", "startswith",  "strip",
    "swapcase",   "title",        "translate",    "upper",   "zfill"};
constexpr std::array<std::string_view, 11> kList = {"append", "clear", "copy",   "count",   "extend", "index",
                                                    "insert", "pop",   "remove", "reverse", "sort"};
constexpr std::array<std::string_view, 2> kTuple = {"count", "index"};
constexpr std::array<std::string_view, 11> kDict = {
    "clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"};
constexpr std::array<std::string_view, 5> kRange = {"count", "index", "start", "step", "stop"};
constexpr std::array<std::string_view, 8> kWhole = {
    "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "imag", "numerator", "real"};
constexpr std::array<std::string_view, 7> kFloat = {"as_integer_ratio", "conjugate", "fromhex", "hex", "imag",
                                                    "is_integer",       "real"};
constexpr std::array<std::string_view, 2> kKeys = {"isdisjoint", "mapping"};
constexpr std::array<std::string_view, 1> kValues = {"mapping"};
constexpr std::array<std::string_view, 3> kGenerator = {"close", "send", "throw"};
constexpr std::array<std::string_view, 8> kMacro = {"arguments",     "caller",          "catch_kwargs",
                                                    "catch_varargs", "explicit_caller", "name"};
constexpr std::array<std::string_view, 14> kLoop = {"index",   "index0", "revindex", "revindex0", "first",
                                                    "last",    "length", "previtem", "nextitem",  "cycle",
                                                    "changed", "depth",  "depth0"};

Names names_of(const Value& value) {
  if (value.is_text()) return kText;
  if (value.look<List>()) return kList;
  if (value.look<Tuple>()) return kTuple;
  if (value.look<Dict>()) return kDict;
  if (value.is<Range>()) return kRange;
  if (value.is_whole()) return kWhole;
  if (value.is<double>()) return kFloat;
  if (const auto* view = value.get<View>())
    return view->of == View::Of::kValues ? Names(kValues) : Names(kKeys);
  if (value.handle<Iterator>()) return kGenerator;
  if (value.look<Macro>()) return kMacro;
  if (value.handle<Loop>()) return kLoop;
  return {};
}

// What would change a value, which Jinja's sandbox refuses.
bool is_change(const Value& value, std::string_view name) {
  static constexpr std::array<std::string_view, 8> kLists = {"append", "clear", "pop",    "reverse",
                                                             "insert", "sort",  "extend", "remove"};
  static constexpr std::array<std::string_view, 5> kDicts = {"clear", "pop", "popitem", "setdefault",
                                                             "update"};
  const auto has = [&](Names names) { return std::find(names.begin(), names.end(), name) != names.end(); };
  return (value.look<List>() && has(kLists)) || (value.look<Dict>() && has(kDicts));
}

Value undefined_attribute(const Value& value, const std::string& name) {
  return Value::undefined(std::string("'") + value.type_name() + " object' has no attribute '" + name + "'");
}

Value loop_attribute(Loop& loop, const std::string& name) {
  const auto whole = [](std::int64_t number) { return Value(number); };
  if (name == "index") return whole(loop.index0 + 1);
  if (name == "index0") return whole(loop.index0);
  if (name == "first") return Value(loop.index0 == 0);
  if (name == "last") return Value(!loop.peek());
  if (name == "length") return whole(loop.length());
  if (name == "revindex") return whole(loop.length() - loop.index0);
  if (name == "revindex0") return whole(loop.length() - loop.index0 - 1);
  if (name == "depth") return whole(1);
  if (name == "depth0") return whole(0);
  if (name == "previtem") {
    return loop.index0 == 0 || !loop.before ? Value::undefined("there is no previous item") : *loop.before;
  }
  return loop.peek() ? *loop.after : Value::undefined("there is no next item");  // nextitem
}

// Python's getattr; nullopt where there is none.
std::optional<Value> python_attribute(const Value& value, const std::string& name) {
  if (const auto* space = value.handle<Namespace>()) {
    const Value* const found = (*space)->attributes.find(name);
    return found ? std::optional(*found) : std::nullopt;
  }
  const Names names = names_of(value);
  if (std::find(names.begin(), names.end(), name) == names.end()) return std::nullopt;
  if (is_change(value, name)) {
    return Value::undefined("'" + name + "' changes a " + value.type_name() +
                            ", which templates may not: make a new one, or use a namespace");
  }
  if (const auto* range = value.get<Range>()) {
    if (name == "start") return Value(range->start);
    if (name == "stop") return Value(range->stop);
    if (name == "step") return Value(range->step);
  }
  if (const auto* macro = value.look<Macro>(); macro && name == "name") return Value::text(macro->name);
  if (const auto* loop = value.handle<Loop>(); loop && name != "cycle" && name != "changed") {
    return loop_attribute(**loop, name);
  }
  return Value(std::make_shared<const Method>(Method{value, name}));
}

// Python's value[key]; nullopt where that raises a LookupError or a TypeError.
std::optional<Value> python_item(Machine& machine, const Value& value, const Value& key) {
  if (const auto* dict = value.look<Dict>()) {
    machine.budget().step();
    const Value* const found = is_hashable(key) ? dict->find(key) : nullptr;
    return found ? std::optional(*found) : std::nullopt;
  }
  if (!key.is_whole()) return std::nullopt;
  std::int64_t at = key.whole();
  const bool indexed = value.is_text() || value.items() || value.is<Range>();
  if (!indexed) return std::nullopt;
  const std::int64_t size = length(value);
  if (at < 0) at += size;
  if (at < 0 || at >= size) return std::nullopt;
  if (const auto* items = value.items()) return (*items)[static_cast<std::size_t>(at)];
  if (const auto* range = value.get<Range>()) return Value(range->start + at * range->step);
  machine.budget().step(value.as_text().size() / 16);
  const auto characters = split_characters(value.as_text());
  return marked_as(value, make_text(machine.budget(), std::string(characters[static_cast<std::size_t>(at)])));
}

std::int64_t clipped(std::int64_t at, std::int64_t size, std::int64_t low, std::int64_t high) {
  if (at < 0) at = at < -size ? -1 : at + size;
  return std::clamp(at, low, high);
}

std::optional<std::int64_t> slice_part(const Value& value) {
  if (value.is_none()) return std::nullopt;
  expect_defined(value);
  if (!value.is_whole()) throw Refusal("a slice needs integers or none");
  return value.whole();
}

}  // namespace

Value attribute_of(Machine& machine, const Value& value, const std::string& name) {
  expect_defined(value);
  if (auto found = python_attribute(value, name)) return *found;
  if (auto found = python_item(machine, value, Value::text(name))) return *found;
  return undefined_attribute(value, name);
}

Value item_of(Machine& machine, const Value& value, const Value& key) {
  expect_defined(value);
  if (auto found = python_item(machine, value, key)) return *found;
  if (key.is_text()) {
    if (key.as_text().starts_with("__")) {
      throw Refusal("attribute " + key.as_text() + " is refused: templates do not reach into Python");
    }
    if (auto found = python_attribute(value, key.as_text())) return *found;
    return undefined_attribute(value, key.as_text());
  }
  const std::string shown =
      key.is_whole() ? std::to_string(key.whole()) : std::string("of type ") + key.type_name();
  return Value::undefined(std::string("'") + value.type_name() + " object' has no element " + shown);
}

Value slice_of(Budget& budget, const Value& value, const Value& start, const Value& stop, const Value& step) {
  expect_defined(value);
  if (!value.is_text() && !value.items()) {
    throw Refusal(std::string("a value of type '") + value.type_name() + "' cannot be sliced" +
                  (value.is<Range>() ? " here: make a list of it first" : ""));
  }
  const std::int64_t by = slice_part(step).value_or(1), size = length(value);
  if (by == 0) throw Refusal("a slice has step 0");
  const std::int64_t low = by < 0 ? -1 : 0, high = by < 0 ? size - 1 : size;
  const auto first = slice_part(start), last = slice_part(stop);
  const std::int64_t from = first ? clipped(*first, size, low, high) : by < 0 ? high : low;
  const std::int64_t to = last ? clipped(*last, size, low, high) : by < 0 ? low : high;
  std::vector<std::size_t> places;
  for (std::int64_t at = from; by < 0 ? at > to : at < to;) {
    places.push_back(static_cast<std::size_t>(at));
    if (__builtin_add_overflow(at, by, &at)) break;
  }
  budget.step(places.size());
  if (value.is_text()) {
    budget.step(value.as_text().size() / 16);
    const auto characters = split_characters(value.as_text());
    std::string text;
    for (const std::size_t at : places) text += characters[at];
    return marked_as(value, make_text(budget, std::move(text)));
  }
  Values items;
  for (const std::size_t at : places) items.push_back((*value.items())[at]);
  return value.look<List>() ? make_list(budget, std::move(items)) : tuple_of(std::move(items));
}

Value path_of(Machine& machine, const Value& value, const Value& path, const Value& otherwise) {
  if (path.is_none()) return value;
  Value found = value;
  const auto step = [&](const Value& part) {
    found = item_of(machine, found, part);
    if (found.is_undefined() && !otherwise.is_none()) found = otherwise;
  };
  if (!path.is_text()) {
    step(path);
    return found;
  }
  const std::string& text = path.as_text();
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t point = std::min(text.find('.', at), text.size());
    const std::string part = text.substr(at, point - at);
    const bool number =
        !part.empty() && part.size() < 18 && part.find_first_not_of("0123456789") == std::string::npos;
    step(number ? Value(static_cast<std::int64_t>(std::stoll(part))) : Value::text(part));
    at = point + 1;
  }
  return found;
}

}  // namespace gistmill::chat_template
