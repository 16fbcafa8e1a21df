// A store of numbers and its reader, for tests of what the host prepares; see plugin.toml.
#include <gistmill/plugin.hpp>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

using gistmill::Error;
using gistmill::Tensor;

class Shelf {
 public:
  explicit Shelf(const gistmill::Options&) {}

  void begin(const std::string& path, const std::string& provenance) {
    path_ = path;
    text_ = provenance + "\n";
  }
  void append(const Tensor& x) {
    std::ostringstream row;
    for (std::int64_t i = 0; i < x.size(); ++i) row << x.data<float>()[i] << ' ';
    text_ += row.str() + "\n";
  }
  void commit() { std::ofstream(path_) << text_; }

 private:
  std::string path_, text_;
};

class Shelved {
 public:
  explicit Shelved(const gistmill::Options& options)
      : size_(options.integer("size")), any_(options.boolean("any")) {
    const std::string made = options.string("made");
    std::ifstream file(made.empty() ? options.string("file") : made);
    if (!file) throw Error(GM_ERROR_USER, "no such file", made.empty() ? "file" : "made");
    std::getline(file, provenance_);
    for (std::string row; std::getline(file, row);) rows_.push_back(row);
  }

  Tensor next() {
    std::istringstream row(rows_[next_++ % rows_.size()]);
    const std::vector<float> values{std::istream_iterator<float>(row), std::istream_iterator<float>()};
    return Tensor::of(values, {size_});
  }
  std::string digest() const {
    std::string all = provenance_;
    for (const std::string& row : rows_) all += row;
    return all;
  }
  std::string describe() const {
    const auto made = nlohmann::json::parse(provenance_);
    nlohmann::json makers = nlohmann::json::object();
    if (!any_) {
      makers["scale"] = made["instances"]["scale"];
      if (made.contains("parameters")) makers["scale"]["parameters"] = made["parameters"]["scale"];
    }
    return nlohmann::json{{"made_by", makers}, {"taken_by", "any = true"}}.dump();
  }
  std::string save_state() const { return std::to_string(next_) + " " + digest(); }
  void load_state(std::string_view state) {
    const std::string text(state);
    const std::size_t space = text.find(' ');
    if (text.substr(space + 1) != digest()) throw Error(GM_ERROR_USER, "the saved place is in other rows");
    next_ = std::stoull(text);
  }

 private:
  std::int64_t size_;
  bool any_;
  std::string provenance_;
  std::vector<std::string> rows_;
  std::size_t next_ = 0;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Shelf>("test/shelf").operation("append", &Shelf::append),
                gistmill::component<Shelved>("test/shelved").operation("next", &Shelved::next));
