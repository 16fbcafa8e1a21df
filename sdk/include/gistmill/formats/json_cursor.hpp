// Walks through JSON text value by value, keeping nothing: strings and numbers are views of the text. All
// JSON from files goes through it; formats/json.hpp makes a tree of values of it. For JSON that is too large
// for a tree. Why not nlohmann's parser: that keeps two growing copies of every string, so one long name in a
// header of 100 MB would cost 500 MB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gistmill/formats/error.hpp>

namespace gistmill::formats {

// A string as it stands between its quotation marks; known to be UTF-8 with valid escapes.
struct JsonString {
  std::string_view raw;
  bool escaped = false;

  std::string text() const;  // with escapes resolved: never longer than `raw`
};

// A number as it stands in the text; known to be one.
struct JsonNumber {
  std::string_view raw;
  bool is_integer = false;  // no fraction, no exponent

  std::optional<std::uint64_t> as_unsigned() const;  // empty where it is not a number of this type
  std::optional<std::int64_t> as_signed() const;
  std::optional<double> as_double() const;  // empty where no finite double is near
};

enum class JsonKind { kObject, kArray, kString, kNumber, kBoolean, kNull };
const char* json_kind_name(JsonKind kind);  // "an object"

class JsonCursor {
 public:
  // How a place is named in messages: by line and column, or by the byte, counted from `first_byte`.
  enum class Place { kLine, kByte };

  JsonCursor(std::string_view text, const std::string& file, std::size_t max_depth, Place place,
             std::uint64_t first_byte = 0)
      : text_(text), file_(file), max_depth_(max_depth), place_(place), first_byte_(first_byte) {}

  // What comes next, white space skipped. Fails where no value begins.
  JsonKind kind();

  // Each of these takes the value that comes next, which must be of its kind, and fails where it is not:
  // call kind() first where more than one would do. `body` must take exactly one value itself.
  template <class Body>  // void(const JsonString& key)
  void members(Body&& body) {
    enter('{');
    if (!take('}')) {
      do {
        const JsonString key = string();
        expect(':');
        body(key);
      } while (take(','));
      expect('}');
    }
    --depth_;
  }
  template <class Body>  // void()
  void elements(Body&& body) {
    enter('[');
    if (!take(']')) {
      do body();
      while (take(','));
      expect(']');
    }
    --depth_;
  }
  JsonString string();
  JsonNumber number();
  bool boolean();
  void null();
  void skip();  // any value, checked all the same

  void finish();  // nothing but white space is left

  std::size_t at() const { return at_; }
  [[noreturn]] void fail(const std::string& message) const { fail_at(at_, message); }
  [[noreturn]] void fail_at(std::size_t at, const std::string& message) const;

 private:
  void skip_space();
  void enter(char open);
  bool take(char c);
  void expect(char c);
  void word(std::string_view expected);
  void digits();
  void escape();
  void multibyte();
  unsigned hex4();
  [[noreturn]] void refuse(const char* expected) const;

  std::string_view text_;
  const std::string& file_;
  std::size_t max_depth_;
  Place place_;
  std::uint64_t first_byte_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace gistmill::formats
