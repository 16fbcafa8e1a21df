#include "plugins/dataset/jsonl/lines.hpp"

#include <utility>

#include "plugins/dataset/common/clean.hpp"

namespace gistmill::dataset {

Lines::Lines(SourceOptions options, RecordText record, bool skip)
    : DocumentSource(std::move(options)), record_(std::move(record)), skip_(skip) {}

void Lines::open(const CorpusFile& file) {
  path_ = file.path.string();
  number_ = 0;
  file_.close();
  file_.clear();
  file_.open(file.path, std::ios::binary);
  if (!file_) throw Error(GM_ERROR_UNAVAILABLE, "cannot read '" + path_ + "'", "files");
}

bool Lines::read(std::string& name, std::string& text) {
  while (std::getline(file_, line_)) {
    stop_if_canceled();
    ++number_;
    line_ = cleaned(line_, ":" + std::to_string(number_));  // also the CR of a CRLF, and a byte order mark
    if (is_blank(line_)) continue;
    ++lines_;
    if (!read_text(text) || is_blank(text)) continue;
    name = ":" + std::to_string(number_);
    return true;
  }
  if (file_.bad()) throw Error(GM_ERROR_UNAVAILABLE, "cannot read '" + path_ + "' to its end", "files");
  return false;
}

bool Lines::read_text(std::string& text) {
  try {
    text = record_.text(line_, path_ + ":" + std::to_string(number_));
  } catch (const formats::FormatError& error) {
    if (!skip_) {
      throw Error(GM_ERROR_USER, std::string(error.what()) + "; broken = \"skip\" leaves such lines out",
                  "files");
    }
    if (broken_++ == 0) first_broken_ = error.what();
    return false;
  }
  text = clean_text(text).text;  // line ends; what JSON holds is UTF-8 by now
  return true;
}

void Lines::restart() {
  lines_ = 0;
  broken_ = 0;
  first_broken_.clear();
}

std::vector<std::string> Lines::notes() const {
  std::vector<std::string> notes = DocumentSource::notes();
  if (broken_ > 0) {
    notes.push_back(std::to_string(broken_) + " of " + std::to_string(lines_) +
                    " lines are broken and were left out, the first at " + first_broken_);
  }
  return notes;
}

std::string Lines::why_none() const {
  if (lines_ == 0) return "each is empty";
  if (broken_ == 0) return "none of " + std::to_string(lines_) + " lines holds any";
  return std::to_string(broken_) + " of " + std::to_string(lines_) + " lines are broken, the first at " +
         first_broken_;
}

}  // namespace gistmill::dataset
