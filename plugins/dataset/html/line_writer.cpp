#include "plugins/dataset/html/line_writer.hpp"

#include <algorithm>
#include <utility>

namespace gistmill::dataset {

void LineWriter::flush() {
  if (!out_.empty()) {
    std::size_t there = 0;
    while (there < out_.size() && out_[out_.size() - 1 - there] == '\n') ++there;
    if (breaks_ > there) out_.append(breaks_ - there, '\n');
    const bool line_begins = out_.back() == '\n';
    if (tabs_ == 0 && space_ && !line_begins) out_ += ' ';
  }
  out_.append(tabs_, '\t');
  breaks_ = 0;
  tabs_ = 0;
  space_ = false;
  row_empty_ = false;
  cell_empty_ = false;
}

void LineWriter::put(char letter) {
  const bool white = letter == ' ' || letter == '\n' || letter == '\t' || letter == '\r' || letter == '\f';
  if (kept_ == 0 && white) {
    space_ = true;
    return;
  }
  if (breaks_ > 0 || tabs_ > 0 || space_ || row_empty_ || cell_empty_) flush();
  out_ += letter;
}

void LineWriter::text(std::string_view piece) {
  for (const char letter : piece) put(letter);
}

void LineWriter::separate(std::size_t lines) {
  if (cell_empty_) return;
  breaks_ = std::max(breaks_, lines);
  space_ = false;
}

void LineWriter::line_break() {
  if (cell_empty_ || out_.empty()) return;
  if (breaks_ > 0) {
    breaks_ = std::max<std::size_t>(breaks_, 2);  // a break behind a break: an empty line, and no more
  } else {
    breaks_ = out_.back() == '\n' ? 2 : 1;
  }
  space_ = false;
}

void LineWriter::keep_lines(bool keep) {
  kept_ += keep ? 1 : -1;
  if (keep) space_ = false;
}

void LineWriter::row() {
  cell_empty_ = false;
  separate(1);
  row_empty_ = true;
  cells_ = 0;
  tabs_ = 0;
}

void LineWriter::cell() {
  if (cells_++ > 0) {
    ++tabs_;
    if (!row_empty_) breaks_ = 0;
  }
  cell_empty_ = true;
  space_ = false;
}

void LineWriter::end_row() {
  cell_empty_ = false;
  tabs_ = 0;
  breaks_ = 1;
  row_empty_ = true;
}

std::string LineWriter::take() {
  while (!out_.empty() && (out_.back() == '\n' || out_.back() == ' ' || out_.back() == '\t')) out_.pop_back();
  if (!out_.empty()) out_ += '\n';
  return std::exchange(out_, "");
}

}  // namespace gistmill::dataset
