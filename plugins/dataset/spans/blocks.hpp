// dataset/blocks: documents cut into blocks, each with the window that begins with it, both splits one after
// the other: what store/examples is prepared from.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin.hpp>

#include "plugins/dataset/spans/windows.hpp"

namespace gistmill::dataset {

// The windows of `length` tokens that begin at every multiple of `block` and lie in a document of `split`, in
// document order; the first `limit` of them, 0: all. Documents that are too short have none.
std::vector<Window> block_windows(const formats::TokenFileReader& file, std::int32_t split,
                                  std::int64_t block, std::int64_t length, std::size_t limit);

class Blocks {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit Blocks(const Options& options);

  void start(const Start&);
  std::string digest() { return file_.digest(); }

  // ids i32[B, T], name u8[B, M] padded with zeros, document i32[B], begin i32[B], split i32[B]. The last
  // batch of all is filled with copies of its first row, whose split is -1.
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> next();

 private:
  formats::TokenFileReader file_;
  std::int64_t horizon_;
  std::int64_t batch_;
  std::int64_t name_size_ = 1;   // of the longest name, in bytes
  std::vector<Window> windows_;  // of train, then of validation
  std::size_t next_ = 0;         // in windows_
};

}  // namespace gistmill::dataset
