// Which samples of a prepared file come, how each is laid out, and in which order: what batches for training
// and prompts for generation share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/instructions/layout.hpp"
#include "plugins/dataset/instructions/sample_tokens.hpp"
#include "plugins/dataset/spans/mixture.hpp"

namespace gistmill::dataset {

class SampleOrder {
 public:
  // end: the id behind a completion, -1 for none. Throws Error(GM_ERROR_USER) with the option's key: a file
  // that is no such corpus, a split without samples, or none of whose prompts leaves room for an answer.
  SampleOrder(const Options& options, std::int32_t end);

  // Checks the file, and says how many samples were cut or left out.
  void start(const Start& start);
  const std::string& digest() const { return tokens_.digest(); }

  std::int64_t batch() const { return batch_; }
  const LayoutRules& rules() const { return rules_; }
  std::size_t size() const { return samples_.size(); }  // samples of an epoch

  struct Chosen {
    std::size_t sample;  // its number in the file
    SampleLayout layout;
  };
  // The next `batch` samples; throws EndOfData where the only pass has not so many left.
  std::vector<Chosen> next();

  SampleTokens::Ids ids(const Chosen& chosen, Piece piece) const {
    return tokens_.read(chosen.sample, piece);
  }
  // The whole row, or only its prompt.
  SampleTokens::Ids row(const Chosen& chosen) const;

  std::string save_state() const { return order_.save(identity()); }
  void load_state(std::string_view state) { order_.load(state, identity()); }

 private:
  std::string identity() const;
  PieceLengths lengths(std::size_t sample) const;
  void select(std::int64_t limit, std::int64_t reserve);

  SampleTokens tokens_;
  LayoutRules rules_;
  std::string side_;  // "train" or "validation"
  std::int64_t batch_;
  bool repeat_;
  std::vector<std::size_t> samples_;  // that are given: their numbers in the file
  std::vector<std::string> notes_;
  MixedOrder order_;
};

}  // namespace gistmill::dataset
