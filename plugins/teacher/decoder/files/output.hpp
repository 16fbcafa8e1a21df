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

// Runs `body`. FileError, and FormatError of a file that is copied, become Error: of the user where the final
// name is taken, else unavailable; `key` names the option at fault.
template <class Body>
void or_error(const std::string& key, const Body& body) {
  try {
    body();
  } catch (const files::FileError& error) {
    const bool taken = error.error == EEXIST || error.error == ENOTEMPTY;
    throw Error(taken ? GM_ERROR_USER : GM_ERROR_UNAVAILABLE,
                error.what() + (error.note.empty() ? "" : "; " + error.note), key);
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
