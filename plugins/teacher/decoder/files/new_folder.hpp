// A folder that appears whole or not at all: written under a temporary name beside the final one, then
// renamed.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace gistmill::decoder {

// Throws Error: user where the final name is taken by anything but an empty folder, unavailable where the
// system fails; `key` names the option at fault.
class NewFolder {
 public:
  NewFolder(std::filesystem::path path, std::string key);
  ~NewFolder();  // removes what was not finished
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  using Sink = std::function<void(const void* data, std::size_t size)>;
  // `produce` is called once with a sink that takes the file's bytes in order.
  void write(const std::string& name, const std::function<void(const Sink&)>& produce);
  void write(const std::string& name, std::string_view text);
  // Takes over a file of another folder; false where that has none of the name.
  bool copy(const std::filesystem::path& from, const std::string& name);

  // Durable and visible under the final name. Call once, last.
  void finish();

 private:
  [[noreturn]] void fail(const std::string& what, int error) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty once finished
  std::string key_;
};

}  // namespace gistmill::decoder
