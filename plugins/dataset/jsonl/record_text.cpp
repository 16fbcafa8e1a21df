#include "plugins/dataset/jsonl/record_text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kShownNames = 12;  // of an object that lacks a field

[[noreturn]] void refuse_template(const std::string& message) {
  throw Error(GM_ERROR_USER, "template " + message + "; write {{ and }} for braces", "template");
}

// Whether one of `fields` is a field below `path`.
bool leads_to_a_field(const std::string& path, const std::vector<std::string>& fields) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const std::string& field) { return field.starts_with(path + "."); });
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShownNames); ++i)
    text += (i == 0 ? "'" : ", '") + names[i] + "'";
  return names.size() > kShownNames ? text + ", ..." : text;
}

}  // namespace

// One object on its way.
struct RecordText::Reading {
  formats::JsonCursor cursor;
  std::vector<std::optional<std::string>> values;  // [field]
  std::vector<std::string> names;                  // of the object's own fields
};

RecordText RecordText::of_field(const std::string& field) {
  RecordText record;
  record.strings_only_ = true;
  record.add_field("", field);
  return record;
}

RecordText RecordText::of_template(std::string_view text) {
  RecordText record;
  std::string before;
  while (!text.empty()) {
    const std::size_t brace = text.find_first_of("{}");
    before += text.substr(0, brace);
    if (brace == std::string_view::npos) break;
    const bool doubled = brace + 1 < text.size() && text[brace + 1] == text[brace];
    if (doubled) {
      before += text[brace];
      text.remove_prefix(brace + 2);
      continue;
    }
    const std::size_t close = text.find_first_of("{}", brace + 1);
    if (text[brace] == '}') refuse_template("has a '}' that closes nothing");
    if (close == std::string_view::npos || text[close] == '{')
      refuse_template("has a '{' that is not closed");
    const std::string field(text.substr(brace + 1, close - brace - 1));
    if (field.empty()) refuse_template("has '{}' without the name of a field");
    record.add_field(std::exchange(before, ""), field);
    text.remove_prefix(close + 1);
  }
  if (record.pieces_.empty()) refuse_template("names no field, such as {text}");
  record.end_ = std::move(before);
  return record;
}

void RecordText::add_field(std::string before, const std::string& field) {
  auto found = std::find(fields_.begin(), fields_.end(), field);
  if (found == fields_.end()) found = fields_.insert(fields_.end(), field);
  pieces_.push_back({std::move(before), static_cast<std::size_t>(found - fields_.begin())});
}

std::string RecordText::value(Reading& reading, const std::string& field) const {
  formats::JsonCursor& cursor = reading.cursor;
  const formats::JsonKind kind = cursor.kind();
  if (kind == formats::JsonKind::kString) return cursor.string().text();
  if (kind == formats::JsonKind::kNull) {
    cursor.null();
    return "";
  }
  if (!strings_only_ && kind == formats::JsonKind::kNumber) return std::string(cursor.number().raw);
  if (!strings_only_ && kind == formats::JsonKind::kBoolean) return cursor.boolean() ? "true" : "false";
  cursor.fail("field '" + field + "' is " + formats::json_kind_name(kind) + " when it should be a string");
}

void RecordText::read_object(Reading& reading, const std::string& path) const {
  formats::JsonCursor& cursor = reading.cursor;
  cursor.members([&](const formats::JsonString& key) {
    const std::string own = path.empty() ? key.text() : path + "." + key.text();
    if (path.empty()) reading.names.push_back(own);
    const auto found = std::find(fields_.begin(), fields_.end(), own);
    if (found != fields_.end()) {
      std::optional<std::string>& held = reading.values[static_cast<std::size_t>(found - fields_.begin())];
      if (held) cursor.fail("field '" + own + "' is there twice");
      held = value(reading, own);
    } else if (cursor.kind() == formats::JsonKind::kObject && leads_to_a_field(own, fields_)) {
      read_object(reading, own);
    } else {
      cursor.skip();
    }
  });
}

std::string RecordText::text(std::string_view json, const std::string& place) const {
  Reading reading{formats::JsonCursor(json, place, kMaxDepth, formats::JsonCursor::Place::kByte),
                  std::vector<std::optional<std::string>>(fields_.size()),
                  {}};
  if (const formats::JsonKind kind = reading.cursor.kind(); kind != formats::JsonKind::kObject) {
    reading.cursor.skip();  // which fails where it only begins like one: "text" without quotes like true
    throw formats::FormatError(place + ": the line is " + formats::json_kind_name(kind) +
                               " when it should be an object");
  }
  read_object(reading, "");
  reading.cursor.finish();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (reading.values[i]) continue;
    throw formats::FormatError(place + ": there is no field '" + fields_[i] + "'; the object has " +
                               (reading.names.empty() ? "none" : listed(reading.names)));
  }
  std::string text;
  for (const Piece& piece : pieces_) text += piece.before + *reading.values[piece.field];
  return text + end_;
}

}  // namespace gistmill::dataset
