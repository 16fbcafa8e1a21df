// See library_digest.hpp.
#include "host/registry/library_digest.hpp"

#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/digest.hpp>

#include "host/files/file_failure.hpp"

namespace gistmill {

void LibraryDigest::hold() {
  const std::lock_guard lock(mutex_);
  if (hex_.empty() && !file_.open()) file_ = or_failure([&] { return files::open_to_read(path_); });
}

const std::string& LibraryDigest::hex() {
  const std::lock_guard lock(mutex_);
  if (!hex_.empty()) return hex_;
  hex_ = or_failure([&] {
    if (!file_.open()) file_ = files::open_to_read(path_);
    return formats::sha256_file(file_, path_);
  });
  file_.close();
  return hex_;
}

}  // namespace gistmill
