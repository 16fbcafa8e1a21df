#include "host/model/folder_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>

#include <gistmill/text/shown.hpp>

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostListed = 200;  // of what is not read; a folder may be anybody's home

}  // namespace

FolderFiles::FolderFiles(const fs::path& model) {
  std::error_code error;
  for (fs::directory_iterator file(model, error), end; !error && file != end; file.increment(error)) {
    std::error_code unknown;
    if (fs::is_regular_file(file->path(), unknown)) listed_.push_back(file->path().filename().string());
  }
  std::sort(listed_.begin(), listed_.end());
}

void FolderFiles::read_by(const std::string& role, const nlohmann::ordered_json& names) {
  if (!names.is_array() || listed_.empty()) return;
  for (const auto& name : names) {
    if (name.is_string()) readers_[name.get<std::string>()].push_back(role);
  }
}

void FolderFiles::passed_over(const nlohmann::ordered_json& reasons) {
  if (!reasons.is_object()) return;
  for (const auto& [name, reason] : reasons.items()) {
    if (reason.is_string()) reasons_[name] = reason.get<std::string>();
  }
}

nlohmann::ordered_json FolderFiles::json() const {
  nlohmann::ordered_json read = nlohmann::ordered_json::object();
  nlohmann::ordered_json others = nlohmann::ordered_json::object();
  for (const auto& [name, roles] : readers_) read[name] = roles;
  for (const std::string& name : listed_) {
    if (readers_.count(name) > 0) continue;
    if (others.size() == kMostListed) break;
    const auto reason = reasons_.find(name);
    others[name] =
        reason == reasons_.end() ? nlohmann::ordered_json() : nlohmann::ordered_json(reason->second);
  }
  return {{"read", read}, {"not_read", others}};
}

std::string FolderFiles::text(std::size_t width) const {
  if (empty()) return "";
  std::vector<std::string> read;
  std::vector<std::string> others;
  for (const auto& [name, roles] : readers_)
    read.push_back(fmt::format("{} ({})", name, fmt::join(roles, ", ")));
  const nlohmann::ordered_json described = json();
  for (const auto& [name, reason] : described["not_read"].items()) {
    const std::string shown = text::printable(name);
    others.push_back(reason.is_null() ? shown : fmt::format("{} ({})", shown, reason.get<std::string>()));
  }
  std::string lines = fmt::format("files\n  {:<{}}  {}\n", "read", width - 2, fmt::join(read, ", "));
  if (!others.empty()) lines += fmt::format("  {:<{}}  {}\n", "not read", width - 2, fmt::join(others, ", "));
  return lines;
}

}  // namespace gistmill
