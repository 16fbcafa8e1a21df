// The text of one JSON object: one field, or several in a template. Knows no files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/json_cursor.hpp>

namespace gistmill::dataset {

// A field by its path from the object on: "body", "meta.body".
class RecordText {
 public:
  // The text of a field, which must be a string.
  static RecordText of_field(const std::string& field);
  // "{title}\n\n{meta.body}": strings as they are, numbers and true and false as they are written.
  // Throws Error(GM_ERROR_USER, "template"): a brace alone, no name in braces, no field at all.
  static RecordText of_template(std::string_view text);

  // Without duplicates, in the order of the template.
  const std::vector<std::string>& fields() const { return fields_; }

  // Of the object in `json`; null is no text. Throws FormatError, which begins with `place`: no JSON, no
  // object, a field that is missing, is there twice, or holds something else.
  std::string text(std::string_view json, const std::string& place) const;

 private:
  // A piece of the template, then a field; the last piece has none.
  struct Piece {
    std::string before;
    std::size_t field;
  };

  struct Reading;

  RecordText() = default;
  void add_field(std::string before, const std::string& field);
  void read_object(Reading& reading, const std::string& path) const;
  std::string value(Reading& reading, const std::string& field) const;

  bool strings_only_ = false;
  std::vector<std::string> fields_;
  std::vector<Piece> pieces_;
  std::string end_;
};

}  // namespace gistmill::dataset
