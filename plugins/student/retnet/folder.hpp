// A RetNet as a folder: config.json (model_type "retnet") and model.safetensors, whose tensors have
// torchscale's names. docs/retnet.md lists the keys.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gistmill/formats/safetensors_folder.hpp>

#include "plugins/student/retnet/model.hpp"

namespace gistmill::retnet {

class ModelFolder {
 public:
  // Reads headers only. Throws Error (user): about the option `model` where it is a RetNet's folder and
  // wrong, about none where another component may read it.
  explicit ModelFolder(const std::string& path);

  const std::string& path() const { return path_; }
  // What the folder says: sizes and what the function depends on; the rest as Config has it.
  const Config& config() const { return config_; }
  void load(const Weights& weights) const;  // into tensors of config()'s sizes
  std::string digest() const;               // of all that the model's numbers depend on
  std::string describe() const;             // a JSON object

 private:
  void check_tensors() const;

  std::string path_;
  std::string stated_;  // config.json, for the digest
  Config config_;
  std::unique_ptr<const formats::SafetensorsFolder> tensors_;
};

// tokenizer: a folder whose tokenizer files are copied; "" or no folder: none are. The folder appears whole
// or not at all. -> the names of the files. `key`: the option at fault.
std::vector<std::string> write_model(const std::string& path, const Config& config, const Weights& weights,
                                     const std::string& tokenizer, const std::string& key);

}  // namespace gistmill::retnet
