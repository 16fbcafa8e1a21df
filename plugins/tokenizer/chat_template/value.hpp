// The values of a template: Python's, in so far as templates have them. All but namespaces and iterators are
// immutable, as in Jinja's ImmutableSandboxedEnvironment, so values can share and hold no cycles.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace gistmill::chat_template {

class Value;
using Values = std::vector<Value>;

// What is not there: prints as nothing, and `why` is the complaint of everything else.
struct Undefined {
  std::shared_ptr<const std::string> why;
};
struct None {};
struct Text {
  std::shared_ptr<const std::string> utf8;
  bool markup = false;  // of the filter `safe`
};
struct List;
struct Tuple;
struct Dict;
struct Range {
  std::int64_t start = 0, stop = 0, step = 1;
  std::int64_t size() const;
};
// What dict.keys(), .values() and .items() give.
struct View {
  enum class Of { kKeys, kValues, kItems };
  std::shared_ptr<const Dict> dict;
  Of of = Of::kKeys;
};
class Iterator;
struct Namespace;
struct Macro;
enum class Function { kRange, kDict, kNamespace, kRaiseException, kStrftimeNow };
struct Method;
struct Loop;

class Value {
 public:
  using Data =
      std::variant<Undefined, None, bool, std::int64_t, double, Text, std::shared_ptr<const List>,
                   std::shared_ptr<const Tuple>, std::shared_ptr<const Dict>, Range, View,
                   std::shared_ptr<Iterator>, std::shared_ptr<Namespace>, std::shared_ptr<const Macro>,
                   Function, std::shared_ptr<const Method>, std::shared_ptr<Loop>>;

  Value() : data_(None{}) {}
  template <class T, class = std::enable_if_t<!std::is_same_v<std::decay_t<T>, Value>>>
  explicit Value(T&& data) : data_(std::forward<T>(data)) {}

  static Value undefined(std::string why) {
    return Value(Undefined{std::make_shared<const std::string>(std::move(why))});
  }
  static Value text(std::string utf8, bool markup = false) {
    return Value(Text{std::make_shared<const std::string>(std::move(utf8)), markup});
  }

  template <class T>
  const T* get() const {
    return std::get_if<T>(&data_);
  }
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(data_);
  }
  // Of what is shared: null where it is something else.
  template <class T>
  const T* look() const {
    const auto* pointer = std::get_if<std::shared_ptr<const T>>(&data_);
    return pointer ? pointer->get() : nullptr;
  }
  template <class T>
  const std::shared_ptr<T>* handle() const {
    return std::get_if<std::shared_ptr<T>>(&data_);
  }

  bool is_undefined() const { return is<Undefined>(); }
  bool is_none() const { return is<None>(); }
  bool is_text() const { return is<Text>(); }
  const std::string& as_text() const { return *std::get<Text>(data_).utf8; }
  // Of a list or a tuple; null of anything else.
  const Values* items() const;
  // Integers, and booleans as Python counts them.
  bool is_whole() const { return is<std::int64_t>() || is<bool>(); }
  std::int64_t whole() const { return is<bool>() ? *get<bool>() : *get<std::int64_t>(); }
  bool is_number() const { return is_whole() || is<double>(); }
  double real() const { return is<double>() ? *get<double>() : static_cast<double>(whole()); }

  const char* type_name() const;  // Python's
  int nesting() const;            // of lists, tuples, dictionaries and iterators in each other

 private:
  Data data_;
};

struct List {
  Values items;
  int nesting;
};
struct Tuple {
  Values items;
  int nesting;
};

// Keys in the order of their first appearance.
struct Dict {
  std::vector<std::pair<Value, Value>> entries;
  std::unordered_map<std::string, std::size_t> places;  // by hash_key()
  int nesting = 1;

  // Null where it is not there. Throws Refusal of what cannot be a key.
  const Value* find(const Value& key) const;
  const Value* find(const std::string& key) const;
  void set(const Value& key, Value value);
};

// Gives each value once; what was taken is gone.
class Iterator {
 public:
  Iterator(const char* type, int depth) : type_name(type), nesting(depth) {}
  virtual ~Iterator() = default;
  virtual bool next(Value* value) = 0;

  const char* const type_name;
  const int nesting;
};

struct Namespace {
  Dict attributes;
};

struct Method {
  Value self;
  std::string name;
};

// Throws Refusal where they are nested too deep.
Value list_of(Values items);
Value tuple_of(Values items);
Value dict_of(Dict dict);

// Lists, dictionaries and what has them in it cannot be keys.
bool is_hashable(const Value& value);
// The same text for values that are equal, as 1, 1.0 and true are. Throws Refusal of what is not hashable.
std::string hash_key(const Value& value);

}  // namespace gistmill::chat_template
