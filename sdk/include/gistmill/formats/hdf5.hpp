// HDF5 handles that close themselves, HDF5's own words for what went wrong, and files that HDF5 makes in
// memory. For those who read and write HDF5 files: the token file, the host's cache. Knows no format. By
// hand, for HighFive is not in Debian.
#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gistmill/files/descriptor.hpp>

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

// A file that HDF5 makes in memory. HDF5 never writes to a disk: a file that it fails to write stays half
// open in it and crashes the process later. What can fail (a full disk) is done by our own writes, from
// `memory`. The bytes of large data sets never come here: each leaves a hole, and whoever writes the file
// fills it.
struct MemoryFile {
  files::Descriptor memory;  // sparse at the holes
  Handle file;

  // Closes HDF5's side, and says how many bytes the file has. Throws FormatError where something was lost.
  std::uint64_t finish();
};

// `name` is for those who list a process's files. user_block: bytes before HDF5's own, 0 or 512 and up.
// alignment: where data begins, in bytes; 0: where it comes. Throws std::bad_alloc where memory ends, as all
// below throw FormatError where HDF5 refuses.
MemoryFile make_in_memory(const char* name, std::uint64_t user_block = 0, std::uint64_t alignment = 0);

// A file whose `size` bytes stand at `bytes`, to read: HDF5 asks no disk, so that it sees what its caller
// saw. `bytes` outlive the handle and all that is opened through it. No file where HDF5 refuses; reason()
// says why.
Handle open_in_memory(const void* bytes, std::size_t size);

// Text of this many bytes, padded with zeros; at least one, for HDF5 has no empty strings.
Handle text_type(std::size_t size);

// A single value; `stored` in the file, `native` at `value`.
void put_attribute(hid_t owner, const char* name, hid_t stored, hid_t native, const void* value);
void put_text(hid_t owner, const char* name, const std::string& text);

// No shape: a single value.
Handle make_space(const std::vector<hsize_t>& shape);

// Contiguous, its place fixed now and never filled.
Handle make_data_set(hid_t owner, const std::string& path, hid_t type, const std::vector<hsize_t>& shape);

Handle make_group(hid_t owner, const char* path);

// The attribute, a single value. Throws FormatError: "it has no attribute 'digest'".
Handle open_attribute(hid_t owner, const char* name);
// Throws FormatError where it is no text of at most `longest` bytes.
std::string text_attribute(hid_t owner, const char* name, std::size_t longest = SIZE_MAX);
bool is_text(hid_t type);  // of fixed length

// A data set of a file that nobody vouches for. `bytes` are held against the file's size, so that they may be
// allocated.
struct DataSet {
  std::string name;
  Handle handle;
  Handle type;
  std::vector<hsize_t> shape;  // at most three extents, none of them 0
  std::uint64_t width = 0;     // bytes of an element
  std::uint64_t bytes = 0;     // of all
};

// All three throw FormatError naming the data set: where it is not there, claims more than the file holds, or
// is damaged.
DataSet open_data_set(hid_t owner, const std::string& name, std::uint64_t file_size);
// All of it, as `native`, of `bytes` or more at `out`.
void read_data_set(const DataSet& set, hid_t native, void* out);
// Where it begins in the file, contiguous and whole within it.
std::uint64_t begin_of(const DataSet& set, std::uint64_t file_size);

}  // namespace gistmill::formats::hdf5
