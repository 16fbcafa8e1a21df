#include <algorithm>

#include <gistmill/formats/json_cursor.hpp>

#include "plugins/dataset/text/cutters.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::size_t kMaxDepth = 512;

struct Extent {
  std::size_t begin;
  std::size_t end;
};

// The names of "data.items"; none of ".".
std::vector<std::string> names_of(const std::string& path) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; path != "." && begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    names.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

// Without the white space that its first line has before it.
std::string without_indentation(std::string_view text, Extent record) {
  std::size_t white = record.begin;
  while (white > 0 && (text[white - 1] == ' ' || text[white - 1] == '\t')) --white;
  const bool begins_line = white == 0 || text[white - 1] == '\n';
  const std::string_view indentation =
      begins_line ? text.substr(white, record.begin - white) : std::string_view();
  std::string result;
  std::string_view left = text.substr(record.begin, record.end - record.begin);
  for (;;) {
    const std::size_t end = left.find('\n');
    result += left.substr(0, end);
    if (end == std::string_view::npos) break;
    result += '\n';
    left.remove_prefix(end + 1);
    if (left.starts_with(indentation)) left.remove_prefix(indentation.size());
  }
  return result + '\n';
}

class RecordCutter : public Cutter {
 public:
  explicit RecordCutter(const std::string& path) : path_(path), names_(names_of(path)) {}

  void open(std::string_view text, const std::string& file) override {
    text_ = text;
    records_.clear();
    next_ = 0;
    found_ = false;
    if (text.find_first_not_of(" \t\n\r") == std::string_view::npos) return;
    formats::JsonCursor cursor(text, file, kMaxDepth, formats::JsonCursor::Place::kLine);
    find(cursor, 0);
    cursor.finish();
    if (!found_) throw formats::FormatError(file + ": there is no array '" + path_ + "' (records)");
  }

  bool next(std::string& document) override {
    if (next_ == records_.size()) return false;
    document = without_indentation(text_, records_[next_++]);
    return true;
  }

  bool cuts() const override { return true; }

 private:
  // The value that comes next lies behind `depth` of the names.
  void find(formats::JsonCursor& cursor, std::size_t depth) {
    const formats::JsonKind kind = cursor.kind();
    if (depth == names_.size()) {
      if (kind != formats::JsonKind::kArray) {
        cursor.fail("'" + path_ + "' is " + formats::json_kind_name(kind) +
                    " when records should name an array");
      }
      found_ = true;
      cursor.elements([&] {
        cursor.kind();  // skips white space
        const std::size_t begin = cursor.at();
        cursor.skip();
        records_.push_back({begin, cursor.at()});
      });
    } else if (kind == formats::JsonKind::kObject) {
      cursor.members([&](const formats::JsonString& key) {
        key.text() == names_[depth] ? find(cursor, depth + 1) : cursor.skip();
      });
    } else {
      cursor.skip();
    }
  }

  std::string path_;
  std::vector<std::string> names_;
  std::string_view text_;
  std::vector<Extent> records_;
  std::size_t next_ = 0;
  bool found_ = false;
};

}  // namespace

std::unique_ptr<Cutter> record_cutter(const std::string& path) {
  if (path.empty()) return separator_cutter("");
  return std::make_unique<RecordCutter>(path);
}

}  // namespace gistmill::dataset
