#include "plugins/dataset/text/cutters.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::string_view kDelimiters = ",;\t|";

class TableCutter : public Cutter {
 public:
  TableCutter(std::size_t longest, bool header) : longest_(longest), with_header_(header) {}

  void open(std::string_view text, const std::string&) override {
    left_ = text;
    quotes_ = true;
    while (left_.starts_with('\n')) left_.remove_prefix(1);
    header_ = with_header_ ? take_row() : std::string_view();
    only_header_ = left_.empty() && !header_.empty();
  }

  bool next(std::string& document) override {
    if (left_.empty() && !only_header_) return false;
    only_header_ = false;
    document = header_;
    for (bool first = true; !left_.empty(); first = false) {
      const std::string_view all = left_;
      const std::string_view row = take_row();
      if (!first && document.size() + row.size() > longest_) {
        left_ = all;
        break;
      }
      document += row;
    }
    return true;
  }

  bool cuts() const override { return true; }

 private:
  // With its line end.
  std::string_view take_row() {
    std::size_t end = quotes_ ? end_of_row() : std::string_view::npos;
    if (end == std::string_view::npos) end = left_.find('\n');
    const std::string_view row = left_.substr(0, end == std::string_view::npos ? end : end + 1);
    left_.remove_prefix(row.size());
    return row;
  }

  // The line end that ends the first row; npos where there is none. A quotation mark counts where a field
  // begins with it (RFC 4180). One that nothing closes makes all of the rest a quotation: then none counts.
  std::size_t end_of_row() {
    bool quoted = false;
    bool begins = true;  // a field
    for (std::size_t i = 0; i < left_.size(); ++i) {
      const char letter = left_[i];
      if (quoted) {
        quoted = letter != '"';  // the second of two opens again
        begins = !quoted;
        continue;
      }
      if (letter == '\n') return i;
      quoted = begins && letter == '"';
      begins = kDelimiters.find(letter) != std::string_view::npos;
    }
    quotes_ = !quoted;
    return std::string_view::npos;
  }

  std::size_t longest_;
  bool with_header_;
  std::string_view left_;
  std::string_view header_;
  bool only_header_ = false;  // the file has nothing else, and it has not been given
  bool quotes_ = true;        // quotation marks count
};

}  // namespace

std::unique_ptr<Cutter> table_cutter(std::size_t longest, bool header) {
  return std::make_unique<TableCutter>(longest, header);
}

}  // namespace gistmill::dataset
