#include "plugins/store/common/parts.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::store {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& path) {
  return path.parent_path() / ("." + path.filename().string() + ".part");
}

}  // namespace

Parts::Parts(const fs::path& path, From from) : folder_(folder_of(path)), from_(from) {
  std::error_code error;
  if (from == From::kept) {
    if (!fs::is_directory(folder_, error))
      throw formats::FormatError("folder '" + folder_.string() + "' is missing");
    stays_ = true;
    return;
  }
  fs::remove_all(folder_, error);  // of a preparation that was killed before it kept anything
  fs::create_directory(folder_, error);
  if (error) throw files::FileError("make folder", folder_, error.value());
}

Parts::~Parts() {
  if (!stays_) remove();
}

files::Descriptor Parts::open(const std::string& name, std::uint64_t bytes) const {
  const fs::path path = folder_ / name;
  const int flags = from_ == From::kept ? O_RDWR | O_CLOEXEC : O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  files::Descriptor part(::open(path.c_str(), flags, 0666));
  if (!part.open()) {
    if (from_ == From::kept) throw formats::FormatError("'" + path.string() + "' is missing");
    throw files::FileError("create a file for", path, errno);
  }
  if (from_ == From::nothing) return part;
  const off_t size = ::lseek(part.get(), 0, SEEK_END);
  if (size < 0 || static_cast<std::uint64_t>(size) < bytes)
    throw formats::FormatError("'" + path.string() + "' has " + std::to_string(size) + " bytes of " +
                               std::to_string(bytes));
  if (::ftruncate(part.get(), static_cast<off_t>(bytes)) != 0) throw files::FileError("write", path, errno);
  return part;
}

void Parts::keep(const std::vector<const files::Descriptor*>& parts) {
  for (const files::Descriptor* part : parts) {
    if (::fdatasync(part->get()) != 0) throw files::FileError("write", folder_, errno);
  }
  if (stays_) return;
  if (const int error = files::sync_folder(folder_); error != 0)
    throw files::FileError("make durable", folder_, error);
  stays_ = true;
}

void Parts::remove() {
  std::error_code error;
  fs::remove_all(folder_, error);
  stays_ = true;  // no more to do
}

}  // namespace gistmill::store
