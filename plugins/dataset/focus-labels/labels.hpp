// dataset/focus-labels: batches of working contexts with what each swap of them is worth, from the file that
// store/focus-labels made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/spans/windows.hpp"
#include "plugins/store/focus-labels/reader.hpp"

namespace gistmill::dataset {

class FocusLabels {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit FocusLabels(const Options& options);

  // Compares the file with its digest, and takes the seed of the order.
  void start(const Start& start);
  std::int64_t symbol(std::string_view name) const;
  std::string digest() const { return file_.digest(); }
  // With `made_by`, who made a file that was given, unless any will do.
  std::string describe() const;

  // B contexts with M entries in all, one context after the other. counts i32[B]; levels, starts, residency,
  // last_action i32[M]; utilities f32[M, 2]; vectors f32[M, D]; tail f32[B, G, D];
  // cursor, budget, protected i32[B]; block i32[]; base_loss f32[B]; session, document i32[B].
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor,
             Tensor, Tensor, Tensor>
  next();

  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  void check_identities(const Options& options) const;
  void choose(const Options& options);
  const std::vector<float>& utilities_of(const labels::StoredSnapshot& snapshot) const {
    return by_kl_ ? snapshot.utility_kl : snapshot.utility_nll;
  }
  bool has_labels(std::uint64_t snapshot) const;
  std::string identity() const;  // of what an epoch has

  std::string option_;  // that names the file
  labels::LabelReader file_;
  std::int64_t batch_;
  std::int64_t tail_;
  bool by_kl_;
  bool takes_any_;                       // whoever made them
  std::vector<std::uint64_t> chosen_;    // snapshots of an epoch
  std::vector<std::int32_t> documents_;  // [session], sessions of one name have one number
  WindowOrder order_;
  std::uint64_t seed_ = 0;
};

}  // namespace gistmill::dataset
