// Truth, length, equality and order of values.
#include <algorithm>
#include <cmath>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"

namespace gistmill::chat_template {
namespace {

bool equal_items(Budget& budget, const Values& left, const Values& right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!equal(budget, left[i], right[i])) return false;
  }
  return true;
}

bool equal_dicts(Budget& budget, const Dict& left, const Dict& right) {
  if (left.entries.size() != right.entries.size()) return false;
  for (const auto& [key, value] : left.entries) {
    const Value* const other = right.find(key);
    if (!other || !equal(budget, value, *other)) return false;
  }
  return true;
}

// Exactly: a long double has room for every 64-bit integer.
int order_of_numbers(const Value& left, const Value& right) {
  if (left.is_whole() && right.is_whole()) {
    return left.whole() < right.whole() ? -1 : left.whole() > right.whole() ? 1 : 0;
  }
  const auto exact = [](const Value& value) -> long double {
    return value.is_whole() ? static_cast<long double>(value.whole()) : value.real();
  };
  const long double a = exact(left), b = exact(right);
  return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2;  // 2: not a number
}

[[noreturn]] void refuse_order(const Value& left, const Value& right) {
  expect_defined(left);
  expect_defined(right);
  throw Refusal(std::string("'<' is not defined between '") + left.type_name() + "' and '" +
                right.type_name() + "'");
}

bool both_lists(const Value& left, const Value& right) {
  return (left.look<List>() && right.look<List>()) || (left.look<Tuple>() && right.look<Tuple>());
}

// -1, 0 or 1; 2 where no order is true.
int order(Budget& budget, const Value& left, const Value& right) {
  budget.step();
  if (left.is_number() && right.is_number()) return order_of_numbers(left, right);
  if (left.is_text() && right.is_text()) {
    budget.step(std::min(left.as_text().size(), right.as_text().size()) / 64);
    const int sign =
        left.as_text().compare(right.as_text());  // bytes of UTF-8 are in the order of characters
    return sign < 0 ? -1 : sign > 0 ? 1 : 0;
  }
  if (!both_lists(left, right)) refuse_order(left, right);
  const Values &a = *left.items(), &b = *right.items();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (!equal(budget, a[i], b[i])) return order(budget, a[i], b[i]);
  }
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

}  // namespace

void expect_defined(const Value& value) {
  if (const auto* undefined = value.get<Undefined>()) throw Refusal(*undefined->why);
}

bool truth(const Value& value) {
  if (value.is_undefined() || value.is_none()) return false;
  if (value.is<bool>() || value.is<std::int64_t>()) return value.whole() != 0;
  if (value.is<double>()) return value.real() != 0;
  if (value.is_text()) return !value.as_text().empty();
  if (const auto* items = value.items()) return !items->empty();
  if (const auto* dict = value.look<Dict>()) return !dict->entries.empty();
  if (const auto* view = value.get<View>()) return !view->dict->entries.empty();
  if (const auto* range = value.get<Range>()) return range->size() > 0;
  return true;
}

std::int64_t length(const Value& value) {
  if (value.is_undefined()) return 0;
  if (value.is_text()) return static_cast<std::int64_t>(text::count_characters(value.as_text()));
  if (const auto* items = value.items()) return static_cast<std::int64_t>(items->size());
  if (const auto* dict = value.look<Dict>()) return static_cast<std::int64_t>(dict->entries.size());
  if (const auto* view = value.get<View>()) return static_cast<std::int64_t>(view->dict->entries.size());
  if (const auto* range = value.get<Range>()) return range->size();
  throw Refusal(std::string("a value of type '") + value.type_name() + "' has no length" +
                (value.handle<Iterator>() ? ": make a list of it first" : ""));
}

bool equal(Budget& budget, const Value& left, const Value& right) {
  budget.step();
  if (left.is_number() && right.is_number()) return order_of_numbers(left, right) == 0;
  if (left.is_text() && right.is_text()) {
    budget.step(std::min(left.as_text().size(), right.as_text().size()) / 64);
    return left.as_text() == right.as_text();
  }
  if (both_lists(left, right)) return equal_items(budget, *left.items(), *right.items());
  const auto *a = left.look<Dict>(), *b = right.look<Dict>();
  if (a && b) return equal_dicts(budget, *a, *b);
  if (left.is<View>() && right.is<View>()) {
    throw Refusal("views of dictionaries are not compared here: make lists of them first");
  }
  if (!is_hashable(left) || !is_hashable(right) || left.look<Tuple>() || right.look<Tuple>()) return false;
  return hash_key(left) == hash_key(right);
}

bool less(Budget& budget, const Value& left, const Value& right) { return order(budget, left, right) == -1; }

bool contains(Budget& budget, const Value& container, const Value& item) {
  if (container.is_text()) {
    expect_defined(item);
    if (!item.is_text()) {
      throw Refusal(std::string("'in' of a string needs a string, found '") + item.type_name() + "'");
    }
    budget.step(container.as_text().size() / 64);
    return container.as_text().find(item.as_text()) != std::string::npos;
  }
  if (const auto* dict = container.look<Dict>()) return dict->find(item) != nullptr;
  if (const auto* view = container.get<View>(); view && view->of == View::Of::kKeys) {
    return view->dict->find(item) != nullptr;
  }
  const auto items = iterate(budget, container);
  for (Value one; items->next(&one);) {
    if (equal(budget, one, item)) return true;
  }
  return false;
}

bool compare(Budget& budget, std::string_view sign, const Value& left, const Value& right) {
  if (sign == "==") return equal(budget, left, right);
  if (sign == "!=") return !equal(budget, left, right);
  if (sign == "in") return contains(budget, right, left);
  if (sign == "not in") return !contains(budget, right, left);
  const int found = order(budget, left, right);
  if (sign == "<") return found == -1;
  if (sign == "<=") return found == -1 || found == 0;
  if (sign == ">") return found == 1;
  return found == 1 || found == 0;
}

}  // namespace gistmill::chat_template
