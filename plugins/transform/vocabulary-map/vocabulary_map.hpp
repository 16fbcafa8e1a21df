// transform/vocabulary-map: tokens of two vocabularies that stand for the same bytes. Ports as in
// plugin.toml.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <tuple>

#include <gistmill/plugin.hpp>

namespace gistmill::vocabulary_map {

class VocabularyMap {
 public:
  explicit VocabularyMap(const Options& options) : maps_(options.string("unequal") == "map") {}

  // Throws Error(GM_ERROR_USER, "unequal") where the vocabularies are not the same and are not to be mapped.
  std::tuple<Tensor, Tensor> compare(const Tensor& token_bytes, const Tensor& token_ends,
                                     const Tensor& teacher_bytes, const Tensor& teacher_ends) const;
  // Throws Error(GM_ERROR_USER, "ids") where a token has no equal.
  Tensor ids(const Tensor& ids, const std::optional<Tensor>& counts, const Tensor& to_teacher) const;
  std::tuple<Tensor, Tensor, Tensor> topk(const Tensor& topk_ids, const Tensor& topk_log_probability,
                                          const Tensor& from_teacher) const;

 private:
  void report(const Tensor& unmapped) const;

  bool maps_;
  mutable std::mutex mutex_;  // of what follows
  mutable double unmapped_ = 0;
  mutable std::int64_t texts_ = 0;
  mutable std::int64_t batches_ = 0;
  mutable std::int64_t next_report_ = 1;
};

}  // namespace gistmill::vocabulary_map
