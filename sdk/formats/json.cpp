// Values for JsonCursor's events, counted before they are made.
#include <gistmill/formats/json.hpp>

#include <gistmill/formats/mapped_file.hpp>
#include <gistmill/formats/torn.hpp>

#include <gistmill/formats/json_cursor.hpp>

namespace gistmill::formats {
namespace {

using nlohmann::json;

class JsonReader {
 public:
  JsonReader(std::string_view text, const std::string& name, const JsonLimits& limits)
      : cursor_(text, name, limits.depth, JsonCursor::Place::kLine), limits_(limits) {}

  json document() {
    json result = value();
    cursor_.finish();
    return result;
  }

 private:
  json value() {
    const JsonKind kind = cursor_.kind();
    if (++values_ > limits_.values) {
      cursor_.fail("has more than " + std::to_string(limits_.values) + " values");
    }
    switch (kind) {
      case JsonKind::kObject:
        return object();
      case JsonKind::kArray: {
        json result = json::array();
        cursor_.elements([&] { result.push_back(value()); });
        return result;
      }
      case JsonKind::kString:
        return cursor_.string().text();
      case JsonKind::kNumber:
        return number();
      case JsonKind::kBoolean:
        return cursor_.boolean();
      case JsonKind::kNull:
        break;
    }
    cursor_.null();
    return nullptr;
  }

  json object() {
    json result = json::object();
    cursor_.members([&](const JsonString& raw) {
      std::string key = raw.text();
      if (result.contains(key)) cursor_.fail("key " + printable(key) + " occurs twice");
      json member = value();
      result.emplace(std::move(key), std::move(member));
    });
    return result;
  }

  json number() {
    const std::size_t at = cursor_.at();
    const JsonNumber found = cursor_.number();
    if (const auto value = found.as_unsigned()) return *value;
    if (const auto value = found.as_signed()) return *value;
    const auto value = found.as_double();
    if (!value) cursor_.fail_at(at, "number " + printable(found.raw) + " does not fit a double");
    return *value;
  }

  JsonCursor cursor_;
  const JsonLimits& limits_;
  std::size_t values_ = 0;
};

}  // namespace

json parse_json(std::string_view text, const std::string& name, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    throw FormatError(name + ": has " + std::to_string(text.size()) + " bytes, expected at most " +
                      std::to_string(limits.bytes));
  }
  return JsonReader(text, name, limits).document();
}

json read_json_file(const std::filesystem::path& path, const JsonLimits& limits) {
  const MappedFile file(path);
  return telling_of_torn_json([&] { return parse_json(file.bytes(), path.string(), limits); });
}

}  // namespace gistmill::formats
