// Containers and what is known of a value by its type.
#include "plugins/tokenizer/chat_template/value.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "plugins/tokenizer/chat_template/limits.hpp"
#include "plugins/tokenizer/chat_template/refusal.hpp"

namespace gistmill::chat_template {
namespace {

int nesting_around(const Values& items) {
  int most = 0;
  for (const Value& item : items) most = std::max(most, item.nesting());
  if (most >= kMostNesting) {
    throw Refusal("values are nested more than " + std::to_string(kMostNesting) + " deep");
  }
  return most + 1;
}

}  // namespace

std::int64_t Range::size() const {
  // As unsigned numbers: the distance of two int64_t may not fit one.
  const auto first = static_cast<std::uint64_t>(start), last = static_cast<std::uint64_t>(stop);
  std::uint64_t count = 0;
  if (step > 0 && start < stop) count = (last - first - 1) / static_cast<std::uint64_t>(step) + 1;
  if (step < 0 && start > stop) count = (first - last - 1) / (0 - static_cast<std::uint64_t>(step)) + 1;
  return static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX));
}

const Values* Value::items() const {
  if (const auto* list = look<List>()) return &list->items;
  if (const auto* tuple = look<Tuple>()) return &tuple->items;
  return nullptr;
}

const char* Value::type_name() const {
  static constexpr std::array<const char*, 17> kNames = {
      "Undefined", "NoneType", "bool",      "int",       "float", "str",      "list", "tuple",      "dict",
      "range",     "",         "generator", "Namespace", "Macro", "function", "",     "LoopContext"};
  static constexpr std::array<const char*, 3> kViews = {"dict_keys", "dict_values", "dict_items"};
  if (const auto* view = get<View>()) return kViews[static_cast<std::size_t>(view->of)];
  if (const auto* iterator = handle<Iterator>()) return (*iterator)->type_name;
  if (look<Method>()) return "builtin_function_or_method";
  return kNames[data_.index()];
}

int Value::nesting() const {
  if (const auto* list = look<List>()) return list->nesting;
  if (const auto* tuple = look<Tuple>()) return tuple->nesting;
  if (const auto* dict = look<Dict>()) return dict->nesting;
  if (const auto* view = get<View>()) return view->dict->nesting;
  if (const auto* iterator = handle<Iterator>()) return (*iterator)->nesting;
  if (const auto* method = look<Method>()) return method->self.nesting() + 1;
  return 0;
}

const Value* Dict::find(const std::string& key) const {
  const auto found = places.find("s" + key);
  return found == places.end() ? nullptr : &entries[found->second].second;
}

const Value* Dict::find(const Value& key) const {
  const auto found = places.find(hash_key(key));
  return found == places.end() ? nullptr : &entries[found->second].second;
}

void Dict::set(const Value& key, Value value) {
  nesting = std::max({nesting, nesting_around({key}), nesting_around({value})});
  const auto [place, is_new] = places.emplace(hash_key(key), entries.size());
  if (is_new) {
    entries.emplace_back(key, std::move(value));
  } else {
    entries[place->second].second = std::move(value);
  }
}

Value list_of(Values items) {
  const int nesting = nesting_around(items);
  return Value(std::make_shared<const List>(List{std::move(items), nesting}));
}

Value tuple_of(Values items) {
  const int nesting = nesting_around(items);
  return Value(std::make_shared<const Tuple>(Tuple{std::move(items), nesting}));
}

Value dict_of(Dict dict) { return Value(std::make_shared<const Dict>(std::move(dict))); }

bool is_hashable(const Value& value) {
  if (const auto* tuple = value.look<Tuple>()) {
    return std::all_of(tuple->items.begin(), tuple->items.end(), is_hashable);
  }
  return !value.look<List>() && !value.look<Dict>() && !value.is<View>();
}

namespace {

std::string number_key(double number) {
  // Whole numbers are equal to integers.
  if (number == std::floor(number) && std::abs(number) < 0x1p63) {
    return "i" + std::to_string(static_cast<std::int64_t>(number));
  }
  return "f" + std::to_string(std::bit_cast<std::uint64_t>(number));
}

// Of what is equal to itself only.
template <class... Types>
std::string identity_key(const Value& value) {
  const void* address = nullptr;
  ((value.handle<Types>() ? void(address = value.handle<Types>()->get()) : void()), ...);
  return "p" + std::to_string(reinterpret_cast<std::uintptr_t>(address));
}

}  // namespace

std::string hash_key(const Value& value) {
  if (value.is_text()) return "s" + value.as_text();
  if (value.is_whole()) return "i" + std::to_string(value.whole());
  if (value.is<double>()) return number_key(value.real());
  if (value.is_none()) return "n";
  if (value.is_undefined()) return "u";
  if (const auto* function = value.get<Function>()) return "g" + std::to_string(static_cast<int>(*function));
  if (const auto* range = value.get<Range>()) {
    const std::int64_t size = range->size();
    return "r" + std::to_string(size) + (size > 0 ? " " + std::to_string(range->start) : "") +
           (size > 1 ? " " + std::to_string(range->step) : "");
  }
  if (!is_hashable(value)) throw Refusal(std::string("unhashable type: '") + value.type_name() + "'");
  if (const auto* tuple = value.look<Tuple>()) {
    std::string key = "t";
    for (const Value& item : tuple->items) {
      const std::string one = hash_key(item);
      key += std::to_string(one.size()) + " " + one;
    }
    return key;
  }
  return identity_key<Iterator, Namespace, const Macro, const Method, Loop>(value);
}

}  // namespace gistmill::chat_template
