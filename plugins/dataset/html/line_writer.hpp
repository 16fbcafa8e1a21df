// Lines of text from pieces of a page: white space collapses, blocks stand apart, cells have tabs between.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gistmill::dataset {

class LineWriter {
 public:
  void text(std::string_view piece);

  // What comes next stands `lines` line ends behind what came before: 1 for a new line, 2 for an empty one
  // between. The largest of several in a row counts.
  void separate(std::size_t lines);
  void line_break();  // a line end that is there, however many

  void keep_lines(bool keep);  // pre: text as it is

  void row();
  void cell();
  void end_row();

  std::string take();  // with one line end at its end, where there is text

 private:
  void flush();
  void put(char letter);

  std::string out_;
  std::size_t breaks_ = 0;  // line ends that are due
  std::size_t tabs_ = 0;
  bool space_ = false;
  int kept_ = 0;  // pre elements around
  bool row_empty_ = true;
  bool cell_empty_ = false;  // in a cell that has no text yet: what separates blocks does not count
  std::size_t cells_ = 0;    // of the row so far
};

}  // namespace gistmill::dataset
