// See formats/hdf5.hpp.
#include <gistmill/formats/hdf5.hpp>

#include <algorithm>
#include <atomic>
#include <new>

#include <sys/mman.h>
#include <unistd.h>

#include <gistmill/formats/error.hpp>

namespace gistmill::formats::hdf5 {
namespace {

void check(bool done) {
  if (!done) throw FormatError("HDF5 cannot make a file in memory: " + reason());
}

// HDF5 wants copies of an image, for it might write into them. These give it the image itself, `bytes`.
H5FD_file_image_callbacks_t in_place(void* bytes) {
  H5FD_file_image_callbacks_t calls{};
  calls.image_malloc = [](std::size_t, H5FD_file_image_op_t, void* image) { return image; };
  calls.image_memcpy = [](void* to, const void*, std::size_t, H5FD_file_image_op_t, void*) { return to; };
  calls.image_realloc = [](void*, std::size_t, H5FD_file_image_op_t, void*) -> void* { return nullptr; };
  calls.image_free = [](void*, H5FD_file_image_op_t, void*) -> herr_t { return 0; };
  calls.udata_copy = [](void* image) { return image; };
  calls.udata_free = [](void*) -> herr_t { return 0; };
  calls.udata = bytes;
  return calls;
}

}  // namespace

Silence::Silence() {
  H5Eget_auto2(H5E_DEFAULT, &print_, &print_data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Silence::~Silence() { H5Eset_auto2(H5E_DEFAULT, print_, print_data_); }

std::string reason() {
  std::string message;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
        auto& text = *static_cast<std::string*>(out);
        if (text.empty() && error->desc != nullptr) text = error->desc;
        return 0;
      },
      &message);
  return message;
}

std::uint64_t MemoryFile::finish() {
  check(file.close());
  return static_cast<std::uint64_t>(::lseek(memory.get(), 0, SEEK_END));
}

MemoryFile make_in_memory(const char* name, std::uint64_t user_block, std::uint64_t alignment) {
  MemoryFile made;
  made.memory = files::Descriptor(::memfd_create(name, MFD_CLOEXEC));
  if (!made.memory.open()) throw std::bad_alloc();
  const Handle access(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_fapl_stdio(access.get());  // the usual driver wants the real name behind a link; this has none
  if (alignment > 0) H5Pset_alignment(access.get(), 1, alignment);
  const Handle creation(H5Pcreate(H5P_FILE_CREATE));
  H5Pset_userblock(creation.get(), user_block);
  const std::string path = "/proc/self/fd/" + std::to_string(made.memory.get());
  made.file = Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()));
  check(static_cast<bool>(made.file));
  return made;
}

Handle open_in_memory(const void* bytes, std::size_t size) {
  void* const image = const_cast<void*>(bytes);  // opened to be read
  H5FD_file_image_callbacks_t calls = in_place(image);
  const Handle access(H5Pcreate(H5P_FILE_ACCESS));
  constexpr std::size_t kGrowth = 1 << 16;  // which a file that is read does not
  H5Pset_fapl_core(access.get(), kGrowth, false);
  H5Pset_file_image_callbacks(access.get(), &calls);
  H5Pset_file_image(access.get(), image, size);
  // Files of one name are one file to HDF5. Every library that this is linked into counts for itself.
  static std::atomic<std::uint64_t> next_number{0};
  const auto counter = reinterpret_cast<std::uintptr_t>(&next_number);
  const std::string name = "in memory " + std::to_string(next_number++) + " of " + std::to_string(counter);
  return Handle(H5Fopen(name.c_str(), H5F_ACC_RDONLY, access.get()));
}

Handle text_type(std::size_t size) {
  Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.get(), std::max<std::size_t>(size, 1));
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

void put_attribute(hid_t owner, const char* name, hid_t stored, hid_t native, const void* value) {
  const Handle space = make_space({});
  const Handle made(H5Acreate2(owner, name, stored, space.get(), H5P_DEFAULT, H5P_DEFAULT));
  check(made && H5Awrite(made.get(), native, value) >= 0);
}

void put_text(hid_t owner, const char* name, const std::string& text) {
  const Handle type = text_type(text.size());
  put_attribute(owner, name, type.get(), type.get(), text.c_str());
}

Handle make_space(const std::vector<hsize_t>& shape) {
  return Handle(shape.empty() ? H5Screate(H5S_SCALAR)
                              : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
}

Handle make_data_set(hid_t owner, const std::string& path, hid_t type, const std::vector<hsize_t>& shape) {
  const Handle space = make_space(shape);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_layout(properties.get(), H5D_CONTIGUOUS);
  H5Pset_alloc_time(properties.get(), H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(properties.get(), H5D_FILL_TIME_NEVER);
  H5Pset_obj_track_times(properties.get(), false);  // the same content gives the same bytes
  Handle made(H5Dcreate2(owner, path.c_str(), type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
  check(static_cast<bool>(made));
  return made;
}

Handle make_group(hid_t owner, const char* path) {
  Handle group(H5Gcreate2(owner, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  check(static_cast<bool>(group));
  return group;
}

bool is_text(hid_t type) { return H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0; }

Handle open_attribute(hid_t owner, const char* name) {
  Handle attribute(H5Aopen(owner, name, H5P_DEFAULT));
  if (!attribute) throw FormatError(std::string("it has no attribute '") + name + "'");
  const Handle space(H5Aget_space(attribute.get()));
  if (H5Sget_simple_extent_npoints(space.get()) != 1)
    throw FormatError(std::string("attribute '") + name + "' is not a single value");
  return attribute;
}

std::string text_attribute(hid_t owner, const char* name, std::size_t longest) {
  const Handle attribute = open_attribute(owner, name);
  const Handle type(H5Aget_type(attribute.get()));
  const std::size_t size = H5Tget_size(type.get());
  if (!is_text(type.get()) || size > longest)
    throw FormatError(std::string("attribute '") + name + "' is not a short string");
  std::string text(size, '\0');
  if (H5Aread(attribute.get(), type.get(), text.data()) < 0)
    throw FormatError(std::string("attribute '") + name + "' is damaged");
  return text.substr(0, text.find('\0'));
}

}  // namespace gistmill::formats::hdf5
