#include <utility>

#include "plugins/dataset/text/cutters.hpp"

namespace gistmill::dataset {
namespace {

class SeparatorCutter : public Cutter {
 public:
  explicit SeparatorCutter(std::string separator) : separator_(std::move(separator)) {}

  void open(std::string_view text, const std::string&) override {
    left_ = text;
    over_ = false;
  }

  bool next(std::string& document) override {
    if (over_) return false;
    const std::size_t end = separator_.empty() ? std::string_view::npos : left_.find(separator_);
    document = left_.substr(0, end);
    over_ = end == std::string_view::npos;
    if (!over_) left_.remove_prefix(end + separator_.size());
    return true;
  }

  bool cuts() const override { return !separator_.empty(); }

 private:
  std::string separator_;
  std::string_view left_;
  bool over_ = true;  // nothing comes, not even something empty
};

}  // namespace

std::unique_ptr<Cutter> separator_cutter(std::string separator) {
  return std::make_unique<SeparatorCutter>(std::move(separator));
}

}  // namespace gistmill::dataset
