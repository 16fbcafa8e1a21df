// dataset/example: lines of a file. Which line comes next is state: it is saved with checkpoints.
#include <gistmill/plugin.hpp>

#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using gistmill::Tensor;

class Example {
 public:
  explicit Example(const gistmill::Options& options) {
    std::ifstream file(options.string("file"));
    for (std::string line; std::getline(file, line);) lines_.push_back(line);
    if (!file.eof())  // the key lets the host show the line of the recipe
      throw gistmill::Error(GM_ERROR_USER, options.string("file") + ": cannot be read", "file");
  }

  // -> text u8[B]
  Tensor next() {
    if (next_ >= lines_.size()) throw gistmill::EndOfData{};
    const std::string& line = lines_[next_++];
    Tensor text = Tensor::zeros<std::uint8_t>({static_cast<std::int64_t>(line.size())});
    if (!line.empty()) std::memcpy(text.mutable_data<std::uint8_t>(), line.data(), line.size());
    return text;
  }

  // "1 <number>": the first number is the version of the format.
  std::string save_state() const { return "1 " + std::to_string(next_); }
  void load_state(std::string_view state) {
    std::size_t next = 0;
    if (state.substr(0, 2) == "1 ") {
      for (const char digit : state.substr(2)) {
        if (digit < '0' || digit > '9' || next > lines_.size()) throw wrong_state();
        next = next * 10 + static_cast<std::size_t>(digit - '0');
      }
    }
    if (state.size() < 3 || state.substr(0, 2) != "1 " || next > lines_.size()) throw wrong_state();
    next_ = next;
  }

  // What results depend on besides options: without it, a prepared file would not notice another text.
  std::string digest() const {
    std::uint64_t hash = 1469598103934665603u;  // FNV-1a; take SHA-256 where somebody may mean harm
    for (const std::string& line : lines_) {
      for (const char byte : line + "\n") hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
    }
    return std::to_string(hash);
  }

 private:
  static gistmill::Error wrong_state() {
    return {GM_ERROR_USER, "the saved state is of another version or file"};
  }

  std::vector<std::string> lines_;
  std::size_t next_ = 0;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("dataset/example").operation("next", &Example::next));
