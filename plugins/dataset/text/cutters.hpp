// How the text of one file becomes documents, by its kind. Knows no files.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill::dataset {

class Cutter {
 public:
  virtual ~Cutter() = default;
  Cutter() = default;
  Cutter(const Cutter&) = delete;
  Cutter& operator=(const Cutter&) = delete;

  // Begins with the text of a file, which outlives the reading; `file` is its path, for messages.
  virtual void open(std::string_view text, const std::string& file) = 0;
  // The next document, which may be blank. False at the end.
  virtual bool next(std::string& document) = 0;
  // Whether a file may hold several, which then have numbers in their names.
  virtual bool cuts() const = 0;
};

// At a separator; an empty one cuts nothing.
std::unique_ptr<Cutter> separator_cutter(std::string separator);

// A table of commas, semicolons or tabs: at row ends, into pieces of at most `longest` bytes, or of one row.
// A line end within quotes ends no row. header: the first row begins each piece.
std::unique_ptr<Cutter> table_cutter(std::size_t longest, bool header);

// JSON: at the records of an array, each a document as it is written, without the indentation that it has in
// the file. path: "." for an array that is the whole file, else "data.items"; empty: not cut.
// open() throws formats::FormatError: no JSON, or no array there.
std::unique_ptr<Cutter> record_cutter(const std::string& path);

}  // namespace gistmill::dataset
