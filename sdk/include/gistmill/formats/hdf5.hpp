// HDF5 handles that close themselves, and HDF5's own words for what went wrong. For those who read and
// write HDF5 files: the token file, the host's cache. Knows no format.
#pragma once

#include <hdf5.h>

#include <string>
#include <utility>

namespace gistmill::formats::hdf5 {

// Keeps HDF5 from printing on standard error while it lives; the calling thread's setting comes back.
class Silence {
 public:
  Silence();
  ~Silence();
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  H5E_auto2_t print_ = nullptr;
  void* print_data_ = nullptr;
};

// The innermost message of the calling thread's error stack; empty where there is none.
std::string reason();

// An HDF5 identifier of any kind; negative: none.
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  ~Handle() { close(); }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }

  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

  // True where nothing was lost by closing.
  bool close() {
    const hid_t id = std::exchange(id_, H5I_INVALID_HID);
    if (id < 0) return true;
    switch (H5Iget_type(id)) {
      case H5I_FILE:
        return H5Fclose(id) >= 0;
      case H5I_GROUP:
        return H5Gclose(id) >= 0;
      case H5I_DATASET:
        return H5Dclose(id) >= 0;
      case H5I_DATASPACE:
        return H5Sclose(id) >= 0;
      case H5I_DATATYPE:
        return H5Tclose(id) >= 0;
      case H5I_ATTR:
        return H5Aclose(id) >= 0;
      default:
        return H5Pclose(id) >= 0;
    }
  }

 private:
  hid_t id_ = H5I_INVALID_HID;
};

}  // namespace gistmill::formats::hdf5
