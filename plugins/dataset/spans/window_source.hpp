// Windows of prepared corpora one after another: what dataset/spans and dataset/windows have in common.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/spans/corpora.hpp"
#include "plugins/dataset/spans/mixture.hpp"
#include "plugins/dataset/spans/windows.hpp"

namespace gistmill::dataset {

class WindowSource {
 public:
  struct Cut {
    const char* length = "";  // the option that says how many tokens a window has
    std::int64_t limit = 0;
    std::int64_t passes = 1;
  };

  struct Item {
    std::size_t corpus = 0;
    Window window{};
  };

  // Opens the token files and looks at their documents. Throws Error(GM_ERROR_USER) with the option's key.
  WindowSource(const Options& options, const Cut& cut);

  // Checks the files against their digests, and takes the seed of the order.
  void start(const Start& start);

  // False where one pass was asked for and is over.
  bool next(Item& item);

  std::int64_t length() const { return length_; }        // of a window, in tokens
  std::size_t windows() const;                           // of an epoch
  void read(const Item& item, std::int32_t* out) const;  // out i32[length()]
  std::int32_t document(const Item& item) const;         // its number over all corpora
  std::string_view name(const Item& item) const;         // its document's

  std::string digest() const { return corpora_.digest(); }
  std::string save_state() const { return order_.save(identity()); }
  void load_state(std::string_view state) { order_.load(state, identity()); }

 private:
  std::string identity() const;  // of the windows: the files, their weights and how they are cut

  std::int64_t length_;
  std::int32_t split_;
  std::int64_t passes_;
  std::vector<double> weights_;  // [corpus]
  Corpora corpora_;
  std::vector<std::vector<Window>> windows_;  // [corpus]
  MixedOrder order_;
};

}  // namespace gistmill::dataset
