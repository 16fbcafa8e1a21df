// A cursor over the packed sequences of one split: what dataset/packed and whoever reads beside it have in
// common. Not an operation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/packed/corpus.hpp"
#include "plugins/dataset/spans/windows.hpp"

namespace gistmill::dataset {

class Sequences {
 public:
  // Reads the options corpus, folder, apart_from, split, length, order, limit, repeat. Opens every shard.
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit Sequences(const Options& options);

  // Checks the shards against their digests, and takes the seed of the order.
  void start(const Start& start);

  // tokenizer: u8[H], the digest of the recipe's. Throws Error(GM_ERROR_USER, "tokenizer") where the data
  // were packed with another.
  void check_tokenizer(const Tensor& tokenizer) const;

  std::int64_t length() const { return corpus_.length(); }  // T
  std::size_t size() const { return rows_.size(); }         // sequences of an epoch
  const PackedCorpus& corpus() const { return corpus_; }

  // The number of the next sequence among those of an epoch; false where one pass was asked for and is over.
  bool next(std::size_t& index) { return order_.next(index); }

  // As PackedCorpus::read.
  void read(std::size_t index, std::int32_t* ids, float* counts, std::int32_t* boundaries) const {
    corpus_.read(split_, rows_[index], ids, counts, boundaries);
  }
  // Its number among all of the corpus: those of train, then those of validation.
  std::int32_t number(std::size_t index) const { return numbers_[index]; }
  std::int32_t document(std::size_t index) const { return corpus_.document(split_, rows_[index]); }

  std::string digest() const { return corpus_.digest(); }
  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  void choose_rows(std::size_t limit);
  std::string identity() const;  // of the sequences that an epoch has

  PackedCorpus corpus_;
  std::size_t split_;
  std::vector<PackedRow> rows_;
  std::vector<std::int32_t> numbers_;  // [row]
  WindowOrder order_;
  std::uint64_t seed_ = 0;
};

}  // namespace gistmill::dataset
