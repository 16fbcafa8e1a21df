// Writing a model's files, with what the system refuses said as an Error of the option that names the folder.
#pragma once

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/new_folder.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/safetensors.hpp>
#include <gistmill/plugin/values.hpp>

namespace gistmill::decoder {

inline Error refused(const files::FileError& error, const std::string& key) {
  const bool taken = error.error == EEXIST || error.error == ENOTEMPTY;
  return Error(taken ? GM_ERROR_USER : GM_ERROR_UNAVAILABLE,
               error.what() + (error.note.empty() ? "" : "; " + error.note), key);
}

// The folder `path`, whole or not at all, with the files that `write` makes in the folder that it is given.
// FileError, and FormatError of a file that is copied, become Error: of the user where the final name is
// taken, else unavailable; `key` names the option at fault.
template <class Write>
void write_whole_folder(const std::filesystem::path& path, const std::string& key, const Write& write) {
  try {
    files::NewFolder folder(path);
    try {
      write(folder.path());
    } catch (const files::FileError& error) {
      const Error inside = refused(error, key);
      throw Error(inside.code, folder.with_final_name(inside.what()), key);
    }
    folder.commit();
  } catch (const files::FileError& error) {
    throw refused(error, key);
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_UNAVAILABLE, error.what(), key);
  }
}

// One file of tensors, durable when it returns. Throws files::FileError.
inline void write_tensors(const std::filesystem::path& path,
                          const std::vector<formats::SafetensorsItem>& items) {
  files::NewFile file(path);
  formats::write_safetensors(
      [&](const void* data, std::size_t size) {
        file.write({static_cast<const char*>(data), size});
      },
      items, {{"format", "pt"}});
  file.commit();
}

}  // namespace gistmill::decoder
