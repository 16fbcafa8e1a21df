#include "plugins/tokenizer/chat_template/iterate.hpp"

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/operators.hpp"

namespace gistmill::chat_template {
namespace {

class Generator : public Iterator {
 public:
  Generator(const char* type, int depth, std::function<bool(Value*)> next)
      : Iterator(type, depth), next_(std::move(next)) {}
  bool next(Value* value) override {
    if (!next_) return false;
    if (next_(value)) return true;
    next_ = nullptr;
    return false;
  }

 private:
  std::function<bool(Value*)> next_;
};

// A value with a size, whose items are asked for by number.
std::function<bool(Value*)> by_number(std::size_t size, std::function<Value(std::size_t)> item) {
  return [size, at = std::size_t{0}, item = std::move(item)](Value* value) mutable {
    if (at == size) return false;
    *value = item(at++);
    return true;
  };
}

std::function<bool(Value*)> characters(Budget& budget, const Value& text) {
  return [&budget, text, at = std::size_t{0}](Value* value) mutable {
    const std::string& utf8 = text.as_text();
    if (at == utf8.size()) return false;
    const std::size_t size = text::first_character(std::string_view(utf8).substr(at)).size;
    *value = make_text(budget, utf8.substr(at, size));
    at += size;
    return true;
  };
}

// Empty where it cannot be iterated over.
std::function<bool(Value*)> items_of(Budget& budget, const Value& value) {
  if (value.is_undefined()) return [](Value*) { return false; };
  if (value.is_text()) return characters(budget, value);
  if (const auto* items = value.items()) {
    return by_number(items->size(), [value](std::size_t at) { return (*value.items())[at]; });
  }
  if (const auto* dict = value.look<Dict>()) {
    return by_number(dict->entries.size(),
                     [value](std::size_t at) { return value.look<Dict>()->entries[at].first; });
  }
  if (const auto* view = value.get<View>()) {
    return by_number(view->dict->entries.size(),
                     [view = *view](std::size_t at) { return view_item(view, at); });
  }
  if (const auto* range = value.get<Range>()) {
    return by_number(static_cast<std::size_t>(range->size()), [range = *range](std::size_t at) {
      return Value(range.start + static_cast<std::int64_t>(at) * range.step);
    });
  }
  return nullptr;
}

}  // namespace

Value view_item(const View& view, std::size_t at) {
  const auto& [key, value] = view.dict->entries[at];
  switch (view.of) {
    case View::Of::kKeys:
      return key;
    case View::Of::kValues:
      return value;
    default:
      return tuple_of({key, value});
  }
}

std::shared_ptr<Iterator> iterate(Budget& budget, const Value& value) {
  if (const auto* iterator = value.handle<Iterator>()) return *iterator;
  auto items = items_of(budget, value);
  if (!items)
    throw Refusal(std::string("a value of type '") + value.type_name() + "' cannot be iterated over");
  return std::make_shared<Generator>("iterator", value.nesting() + 1,
                                     [&budget, items = std::move(items)](Value* one) {
                                       budget.step();
                                       return items(one);
                                     });
}

bool is_iterable(const Value& value) {
  return value.is_undefined() || value.is_text() || value.items() || value.look<Dict>() || value.is<View>() ||
         value.is<Range>() || value.handle<Iterator>() || value.handle<Loop>();
}

Values collect(Budget& budget, const Value& value) {
  const auto items = iterate(budget, value);
  Values all;
  for (Value one; items->next(&one);) {
    budget.spend(sizeof(Value));
    all.push_back(one);
  }
  return all;
}

Value generator(const Value& source, std::function<bool(Value*)> next, const char* type) {
  const int nesting = source.nesting() + 1;
  if (nesting > kMostNesting) throw Refusal("generators are made of generators too deep");
  return Value(std::shared_ptr<Iterator>(std::make_shared<Generator>(type, nesting, std::move(next))));
}

}  // namespace gistmill::chat_template
