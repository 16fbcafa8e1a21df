#include "plugins/dataset/instructions/instruction_files.hpp"

#include <filesystem>
#include <utility>

#include "plugins/dataset/common/clean.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::uintmax_t kLargestArray = std::uintmax_t{1} << 30;  // bytes: all of it is held in memory

[[noreturn]] void cannot_read(const std::string& path) {
  throw Error(GM_ERROR_UNAVAILABLE, "cannot read '" + path + "'", "files");
}

// The first character that is not white space, or '\0'.
char first_of(std::ifstream& file) {
  char c = '\0';
  file >> std::ws;
  if (!file.get(c)) return '\0';
  constexpr char kByteOrderMark[] = {'\xEF', '\xBB', '\xBF'};
  if (c != kByteOrderMark[0]) return c;
  file.ignore(2) >> std::ws;
  return file.get(c) ? c : '\0';
}

}  // namespace

bool SampleSource::take(const std::function<Sample()>& read, const std::function<std::string()>& why) {
  ++samples_;
  try {
    sample_ = read();
  } catch (const formats::FormatError&) {
    if (!skip_) throw Error(GM_ERROR_USER, why() + "; broken = \"skip\" leaves such samples out", "files");
    if (broken_++ == 0) first_broken_ = why();
    return false;
  }
  shortened_ += sample_.shortened ? 1 : 0;
  return true;
}

void SampleSource::restart() {
  samples_ = 0;
  broken_ = 0;
  shortened_ = 0;
  first_broken_.clear();
}

std::vector<std::string> SampleSource::notes() const {
  std::vector<std::string> notes = DocumentSource::notes();
  if (broken_ > 0) {
    notes.push_back(std::to_string(broken_) + " of " + std::to_string(samples_) +
                    " samples are broken and were left out, the first: " + first_broken_);
  }
  if (shortened_ > 0) {
    notes.push_back("of " + std::to_string(shortened_) + " of " + std::to_string(samples_) +
                    " samples, conversations with more turns, the first question and answer were taken");
  }
  return notes;
}

std::string SampleSource::why_none() const {
  if (samples_ == 0) return "each is empty";
  return std::to_string(broken_) + " of " + std::to_string(samples_) +
         " samples are broken, the first: " + first_broken_;
}

InstructionFiles::InstructionFiles(SourceOptions options, SampleFields fields, bool skip)
    : SampleSource(std::move(options), skip), fields_(std::move(fields)) {}

void InstructionFiles::open(const CorpusFile& file) {
  path_ = file.path.string();
  number_ = 0;
  array_.clear();
  elements_.clear();
  lines_.close();
  lines_.clear();
  lines_.open(file.path, std::ios::binary);
  if (!lines_) cannot_read(path_);
  is_array_ = first_of(lines_) == '[';
  lines_.clear();
  lines_.seekg(0);
  if (is_array_) find_elements();
}

// The whole array is checked to be JSON before its first sample is given.
void InstructionFiles::find_elements() {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path_, error);
  if (error) cannot_read(path_);
  if (size > kLargestArray) {
    throw Error(GM_ERROR_USER,
                path_ + ": a JSON array of " + std::to_string(size) + " bytes when at most " +
                    std::to_string(kLargestArray) + " are read; write it as JSON lines, one sample a line",
                "files");
  }
  std::string bytes(static_cast<std::size_t>(size), '\0');
  if (!lines_.read(bytes.data(), static_cast<std::streamsize>(size))) cannot_read(path_);
  array_ = cleaned(bytes);
  try {
    formats::JsonCursor cursor(array_, path_, kMaxDepth, formats::JsonCursor::Place::kLine);
    cursor.elements([&] {
      stop_if_canceled();
      cursor.kind();  // past white space
      const std::size_t begin = cursor.at();
      cursor.skip();
      elements_.push_back({begin, cursor.at() - begin});
    });
    cursor.finish();
  } catch (const formats::FormatError& broken) {
    throw Error(GM_ERROR_USER, broken.what(), "files");
  }
}

bool InstructionFiles::read(std::string& name, std::string& text) {
  bool kept = false;
  while (!kept) {
    stop_if_canceled();
    if (is_array_) {
      if (number_ == elements_.size()) return false;
      ++number_;
      kept = read_element();
    } else if (!read_line(kept)) {
      return false;
    }
  }
  name = (is_array_ ? "#" : ":") + std::to_string(number_);
  text = sample().instruction;
  return true;
}

bool InstructionFiles::read_element() {
  const Element element = elements_[static_cast<std::size_t>(number_ - 1)];
  const std::string_view text = std::string_view(array_).substr(element.begin, element.size);
  const auto read = [&](std::string_view json) {
    formats::JsonCursor cursor(json, path_, kMaxDepth, formats::JsonCursor::Place::kLine);
    return read_sample(cursor, fields_);
  };
  // Read again behind as many blank lines and columns, so that the place is the one in the file.
  const auto why = [&]() -> std::string {
    std::string placed = array_.substr(0, element.begin);
    for (char& c : placed) c = c == '\n' ? '\n' : ' ';
    try {
      read(placed.append(text));
    } catch (const formats::FormatError& error) {
      return error.what();
    }
    return path_;
  };
  return take([&] { return read(text); }, why);
}

bool InstructionFiles::read_line(bool& kept) {
  std::string line;
  if (!std::getline(lines_, line)) {
    if (lines_.bad()) cannot_read(path_);
    return false;
  }
  const std::string place = path_ + ":" + std::to_string(++number_);
  line = cleaned(line, ":" + std::to_string(number_));
  if (is_blank(line)) return true;
  std::string complaint;
  const auto read = [&] {
    try {
      formats::JsonCursor cursor(line, place, kMaxDepth, formats::JsonCursor::Place::kByte);
      Sample sample = read_sample(cursor, fields_);
      cursor.finish();
      return sample;
    } catch (const formats::FormatError& error) {
      complaint = error.what();
      throw;
    }
  };
  kept = take(read, [&] { return complaint; });
  return true;
}

}  // namespace gistmill::dataset
