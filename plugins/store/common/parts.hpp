// The files that wait for a prepared file to be whole, in a folder beside it: ".cache.h5.part". They go with
// the preparation, unless it is to be gone on with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/files/descriptor.hpp>

namespace gistmill::store {

class Parts {
 public:
  // Of the file that will be at `path`. New ones, or what an earlier preparation kept.
  enum class From { nothing, kept };
  // Throws FileError where the folder takes none, FormatError where none were kept.
  Parts(const std::filesystem::path& path, From from);
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  // Removes the folder, unless it was kept.
  ~Parts();

  // The part of this name, empty where it is new. Throws FileError, and FormatError where a kept one is
  // shorter than `bytes`; what it has beyond them is cut off.
  files::Descriptor open(const std::string& name, std::uint64_t bytes) const;

  // Makes these durable; from now on they stay. Throws FileError.
  void keep(const std::vector<const files::Descriptor*>& parts);
  void remove();

 private:
  std::filesystem::path folder_;
  From from_;
  bool stays_ = false;
};

}  // namespace gistmill::store
