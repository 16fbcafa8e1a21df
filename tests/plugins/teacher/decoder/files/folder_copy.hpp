// A copy of a fixture's folder that a test may spoil.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/plugins/teacher/decoder/files/families.hpp"

namespace gistmill::decoder::test {

struct RawTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;  // stored as F32
};

class FolderCopy {
 public:
  explicit FolderCopy(const std::string& name, const std::string& parent = families_folder());
  ~FolderCopy() { std::filesystem::remove_all(path_); }
  FolderCopy(const FolderCopy&) = delete;
  FolderCopy& operator=(const FolderCopy&) = delete;

  std::string path() const { return path_.string(); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string text(const std::string& name) const;
  void write(const std::string& name, const std::string& text) const;
  void change_json(const std::string& name, const std::function<void(nlohmann::json&)>& change) const;
  // Rewrites the file in F32 with its tensors changed.
  void change_tensors(const std::function<void(std::vector<RawTensor>&)>& change,
                      const std::string& name = "model.safetensors") const;

 private:
  std::filesystem::path path_;
};

// Makes a folder of Gemma 3 one of text and images: its configuration within another, its tensors under
// `prefix`, others beside them.
void put_images_beside(const FolderCopy& folder, const std::string& prefix);

}  // namespace gistmill::decoder::test
