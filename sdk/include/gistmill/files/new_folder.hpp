// Folders that appear whole or not at all, as files/new_file.hpp does with files.
#pragma once

#include <filesystem>
#include <string>

namespace gistmill::files {

// One folder in the making. Destroyed without commit, it leaves nothing behind. Its files are written into
// path(), durably (NewFile::commit, write_file), by whoever makes them.
class NewFolder {
 public:
  // What happens where the final name is taken by anything but an empty folder.
  enum class Taken {
    refuse,   // FileError with EEXIST
    replace,  // by one writer at a time: what a killed one left behind is removed
  };

  // Creates the temporary folder beside `path`, and the folders around it where they are missing. Throws
  // FileError, as commit.
  explicit NewFolder(std::filesystem::path path, Taken taken = Taken::refuse);
  ~NewFolder();
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const std::filesystem::path& path() const { return temporary_; }

  // `text` with path() as it will be called: what an error about one of its files should say.
  std::string with_final_name(std::string text) const;

  // Durable and visible under the final name. Once, last.
  void commit();

 private:
  void make_temporary();
  int put_in_place();
  [[noreturn]] void fail(const char* action, int error) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty once it has its final name
  Taken taken_;
};

}  // namespace gistmill::files
