// store/topk: a teacher's most probable tokens into one file. The format is writer.cpp's affair.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <gistmill/plugin.hpp>

#include "plugins/store/topk/writer.hpp"

namespace gistmill::topk {

class TopkStore {
 public:
  explicit TopkStore(const Options& options);

  // Throws Error: UNAVAILABLE where nothing can be written; USER; MISUSE.
  void begin(const std::string& path, const std::string& provenance);
  // Ports as in plugin.toml.
  void append(const Tensor& ids, const Tensor& sequence, const Tensor& topk_ids,
              const Tensor& topk_log_probability, const Tensor& topk_temperature);
  void commit();
  // After begin. Saving makes what was appended stay, for a later process to go on from (TopkWriter::keep).
  std::string save_state();
  // Before the first sequence. Throws Error(GM_ERROR_USER) where what was kept is missing or damaged.
  void load_state(std::string_view state);
  // path: [P], a file that was committed -> defect: [D], what opening it tells.
  Tensor check(const Tensor& path) const;

 private:
  Header header(std::int64_t length, std::int64_t tokens, double temperature) const;
  TopkWriter& writer(std::int64_t length, std::int64_t tokens, double temperature);

  Form form_;
  Gate gate_;
  std::string path_;  // empty: none was begun
  std::string provenance_;
  std::unique_ptr<TopkWriter> writer_;
};

}  // namespace gistmill::topk
