// The names of a configuration's choices, in options and in config.json.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plugins/student/retnet/config.hpp"

namespace gistmill::retnet {

template <class Choice>
using Names = std::vector<std::pair<std::string, Choice>>;

inline const Names<Decay>& decay_names() {
  static const Names<Decay> names = {{"torchscale", Decay::kTorchscale}, {"paper", Decay::kPaper}};
  return names;
}
inline const Names<HeadNorm>& head_norm_names() {
  static const Names<HeadNorm> names = {{"rms", HeadNorm::kRms}, {"layer", HeadNorm::kLayer}};
  return names;
}
inline const Names<Activation>& activation_names() {
  static const Names<Activation> names = {{"swish", Activation::kSwish}, {"gelu", Activation::kGelu}};
  return names;
}
inline const Names<Form>& form_names() {
  static const Names<Form> names = {{"chunkwise", Form::kChunkwise}, {"parallel", Form::kParallel}};
  return names;
}

// The choice of a name that a manifest has checked.
template <class Choice>
Choice choice_named(const std::string& name, const Names<Choice>& names) {
  for (const auto& [known, choice] : names) {
    if (known == name) return choice;
  }
  return names.front().second;
}
template <class Choice>
std::string name_of(Choice choice, const Names<Choice>& names) {
  for (const auto& [name, known] : names) {
    if (known == choice) return name;
  }
  return {};
}
// "a or b"
template <class Choice>
std::string listed(const Names<Choice>& names) {
  std::string result;
  for (const auto& [name, choice] : names) result += (result.empty() ? "" : " or ") + name;
  return result;
}

}  // namespace gistmill::retnet
