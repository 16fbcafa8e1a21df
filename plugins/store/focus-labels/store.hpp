// store/focus-labels: what each swap of a working context is worth, of many contexts, into one file. The
// format is writer.cpp's affair.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gistmill/plugin.hpp>

#include "plugins/store/focus-labels/writer.hpp"

namespace gistmill::labels {

class LabelStore {
 public:
  explicit LabelStore(const Options& options)
      : horizon_(options.integer("horizon")), position_(options.string("position")) {}

  // Throws Error: UNAVAILABLE where nothing can be written; USER; MISUSE.
  void begin(const std::string& path, const std::string& provenance);
  // Ports as in plugin.toml.
  void append(const Tensor& tokens, const Tensor& level1_gists, const Tensor& level2_gists,
              const Tensor& levels, const Tensor& starts, const Tensor& residency, const Tensor& last_action,
              const Tensor& utility_nll, const std::optional<Tensor>& utility_kl, const Tensor& base_loss,
              const Tensor& block, const Tensor& cursor, const Tensor& budget, const Tensor& protected_tail,
              const Tensor& session, const std::optional<Tensor>& name);
  void commit();
  // After begin. Saving makes what was appended stay, for a later process to go on from.
  std::string save_state();
  // Before the first snapshot. Throws Error(GM_ERROR_USER) where what was kept is missing or damaged.
  void load_state(std::string_view state);
  // path: [P], a file that was committed -> defect: [D], what opening it tells.
  Tensor check(const Tensor& path) const;

 private:
  Header header(std::int64_t block, std::int64_t hidden) const;
  LabelWriter& writer(std::int64_t block, std::int64_t hidden);

  std::int64_t horizon_;
  std::string position_;
  std::string path_;  // empty: none was begun
  std::string provenance_;
  std::unique_ptr<LabelWriter> writer_;
};

}  // namespace gistmill::labels
