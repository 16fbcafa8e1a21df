// Which files of a model's folder its components read, and which they did not.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace gistmill {

class FolderFiles {
 public:
  // Lists the folder; nothing where `model` is a file.
  explicit FolderFiles(const std::filesystem::path& model);

  // names: a list of names in the folder, as a component's description has it. What is no such list is left
  // out.
  void read_by(const std::string& role, const nlohmann::ordered_json& names);
  // Names of files that a component saw and did not follow, with the reason of each: {"vocab.json": "..."}.
  void passed_over(const nlohmann::ordered_json& reasons);

  bool empty() const { return readers_.empty(); }
  // {"read": {"config.json": ["teacher"]}, "not_read": {"README.md": null, "vocab.json": "..."}}
  nlohmann::ordered_json json() const;
  // Lines with labels of `width` columns; "" where nothing was read.
  std::string text(std::size_t width) const;

 private:
  std::vector<std::string> listed_;                          // ascending
  std::map<std::string, std::vector<std::string>> readers_;  // name -> roles
  std::map<std::string, std::string> reasons_;
};

}  // namespace gistmill
