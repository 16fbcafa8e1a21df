// store/example: lines of text. The host calls begin, append for every item, commit; a store that is
// destroyed without a commit leaves nothing.
#include <gistmill/plugin.hpp>

#include <cstdio>
#include <fstream>
#include <string>

namespace {

using gistmill::Error;
using gistmill::Tensor;

class Example {
 public:
  explicit Example(const gistmill::Options&) {}
  ~Example() { discard(); }
  Example(const Example&) = delete;
  Example& operator=(const Example&) = delete;

  // provenance: JSON that says what made the items. A format that can keep it does; a text file beside it can
  // too.
  void begin(const std::string& path, const std::string& /*provenance*/) {
    discard();
    path_ = path;
    file_.open(temporary(), std::ios::binary | std::ios::trunc);
    if (!file_) throw Error(GM_ERROR_UNAVAILABLE, temporary() + ": cannot be opened");
  }

  // text u8[B]
  void append(const Tensor& text) {
    file_.write(reinterpret_cast<const char*>(text.data<std::uint8_t>()), text.size()).put('\n');
    if (!file_) throw Error(GM_ERROR_UNAVAILABLE, temporary() + ": cannot be written");
  }

  // Durable too where gistmill/files/new_file.hpp writes (find_package(GistmillSDK COMPONENTS files)).
  void commit() {
    file_.close();
    if (!file_ || std::rename(temporary().c_str(), path_.c_str()) != 0)
      throw Error(GM_ERROR_UNAVAILABLE, path_ + ": cannot be written");
    path_.clear();
  }

 private:
  std::string temporary() const { return path_ + ".part"; }
  void discard() {
    if (path_.empty()) return;
    file_.close();
    std::remove(temporary().c_str());
    path_.clear();
  }

  std::string path_;  // empty: nothing was begun
  std::ofstream file_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("store/example").operation("append", &Example::append));
