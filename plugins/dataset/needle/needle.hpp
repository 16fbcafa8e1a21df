// dataset/needle: prompts with a number hidden in packed text, of each length and depth in turn.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/needle/cells.hpp"
#include "plugins/dataset/needle/haystack.hpp"
#include "plugins/dataset/needle/phrase_tokens.hpp"
#include "plugins/dataset/packed/corpus.hpp"

namespace gistmill::dataset {

class Needle {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit Needle(const Options& options);

  void start(const Start& start);
  std::int64_t symbol(std::string_view name) const { return name == "T" ? longest_ : -1; }
  std::string digest() const;

  // ids i32[B, T], zeros behind a prompt; answer_begin i32[B], answer_end i32[B]; length i32[B], depth
  // f32[B]; sample i32[B]: prompts of one sample have the same text at every depth.
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> next();

  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  std::vector<std::int32_t> text(std::uint64_t key, std::int64_t count) const;

  std::int64_t batch_;
  std::int64_t samples_;
  std::int64_t needles_;
  std::int32_t begin_;
  std::vector<NeedleCell> cells_;
  std::int64_t longest_ = 0;
  PackedCorpus corpus_;
  std::size_t split_;
  std::vector<PackedRow> rows_;
  PhraseTokens phrases_;
  std::uint64_t seed_ = 0;
  std::int64_t next_ = 0;  // prompts given so far
};

}  // namespace gistmill::dataset
