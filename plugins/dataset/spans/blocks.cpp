#include "plugins/dataset/spans/blocks.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace gistmill::dataset {
namespace {

formats::TokenFileReader open(const std::string& path) {
  try {
    return formats::TokenFileReader(path);
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), "corpus");
  }
}

}  // namespace

std::vector<Window> block_windows(const formats::TokenFileReader& file, std::int32_t split,
                                  std::int64_t block, std::int64_t length, std::size_t limit) {
  std::vector<Window> windows;
  for (std::size_t i = 0; i < file.documents(); ++i) {
    if (file.split(i) != split) continue;
    const std::uint64_t size = file.length(i);
    for (std::uint64_t begin = 0; begin + static_cast<std::uint64_t>(length) <= size;
         begin += static_cast<std::uint64_t>(block)) {
      if (limit > 0 && windows.size() == limit) return windows;
      windows.push_back({static_cast<std::uint32_t>(i), begin});
    }
  }
  return windows;
}

Blocks::Blocks(const Options& options)
    : file_(open(options.string("corpus"))),
      horizon_(options.integer("horizon")),
      batch_(options.integer("batch")) {
  const std::int64_t block = options.integer("block");
  if (horizon_ % block != 0) {
    throw Error(GM_ERROR_USER,
                "horizon is " + std::to_string(horizon_) + " when it should be a multiple of block, " +
                    std::to_string(block),
                "horizon");
  }
  const auto limit = static_cast<std::size_t>(options.integer("limit"));
  for (const std::int32_t split : {formats::kTrainSplit, formats::kValidationSplit}) {
    const std::vector<Window> found = block_windows(file_, split, block, horizon_, limit);
    windows_.insert(windows_.end(), found.begin(), found.end());
  }
  if (windows_.empty()) {
    throw Error(GM_ERROR_USER,
                "none of " + std::to_string(file_.documents()) + " documents has " +
                    std::to_string(horizon_) + " tokens, a window",
                "horizon");
  }
  for (const Window& window : windows_) {
    name_size_ = std::max(name_size_, static_cast<std::int64_t>(file_.name(window.document).size()));
  }
}

void Blocks::start(const Start&) {
  try {
    file_.verify();
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), "corpus");
  }
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> Blocks::next() {
  if (next_ == windows_.size()) throw EndOfData();
  Tensor ids = Tensor::zeros<std::int32_t>({batch_, horizon_});
  Tensor names = Tensor::zeros<std::uint8_t>({batch_, name_size_});
  Tensor documents = Tensor::zeros<std::int32_t>({batch_});
  Tensor begins = Tensor::zeros<std::int32_t>({batch_});
  Tensor splits = Tensor::zeros<std::int32_t>({batch_});
  const std::size_t first = next_;
  for (std::int64_t row = 0; row < batch_; ++row) {
    const bool fills = next_ == windows_.size();
    const Window& window = windows_[fills ? first : next_++];
    file_.read(window.document, window.begin, static_cast<std::size_t>(horizon_),
               ids.mutable_data<std::int32_t>() + row * horizon_);
    const std::string_view name = file_.name(window.document);
    std::copy(name.begin(), name.end(), names.mutable_data<std::uint8_t>() + row * name_size_);
    documents.mutable_data<std::int32_t>()[row] = static_cast<std::int32_t>(window.document);
    begins.mutable_data<std::int32_t>()[row] = static_cast<std::int32_t>(window.begin);
    splits.mutable_data<std::int32_t>()[row] = fills ? -1 : file_.split(window.document);
  }
  return {std::move(ids), std::move(names), std::move(documents), std::move(begins), std::move(splits)};
}

}  // namespace gistmill::dataset
