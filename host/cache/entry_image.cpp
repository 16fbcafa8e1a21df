// Every HDF5 call of the cache; see entry_image.hpp. The root's attribute "values" says, as JSON, which data
// sets there are: HDF5 has no bf16, and keeps no order.
#include "host/cache/entry_image.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <gistmill/formats/hdf5.hpp>
#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

using formats::hdf5::Handle;

constexpr const char* kFormat = "gistmill cached call";
constexpr std::uint32_t kVersion = 1;

[[noreturn]] void fail(const std::string& what) { throw Failure(ExitCode::failed, what); }

void check(bool done) {
  if (!done) fail("HDF5 cannot make a file in memory: " + formats::hdf5::reason());
}

// bf16 and f16 as the integers that they are stored as; their data sets' attribute "dtype" says so.
hid_t stored_type(const std::string& dtype) {
  if (dtype == "f64") return H5T_IEEE_F64LE;
  if (dtype == "f32") return H5T_IEEE_F32LE;
  if (dtype == "bf16" || dtype == "f16") return H5T_STD_U16LE;
  if (dtype == "i64") return H5T_STD_I64LE;
  if (dtype == "i32") return H5T_STD_I32LE;
  if (dtype == "u8" || dtype == "bool") return H5T_STD_U8LE;
  fail(fmt::format("'{}' is no type of the arrays of an entry", dtype));
}

std::string path_of(const EntryValue& value, const EntryArray& array) {
  return array.name.empty() ? "/" + value.port : "/" + value.port + "/" + array.name;
}

void attribute(hid_t owner, const char* name, const std::string& text) {
  const Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.get(), std::max<std::size_t>(text.size(), 1));  // HDF5 has no empty strings
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  const Handle space(H5Screate(H5S_SCALAR));
  const Handle made(H5Acreate2(owner, name, type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT));
  check(made && H5Awrite(made.get(), type.get(), text.empty() ? "" : text.data()) >= 0);
}

std::string read_attribute(hid_t owner, const char* name) {
  const Handle attribute(H5Aopen(owner, name, H5P_DEFAULT));
  if (!attribute) fail(fmt::format("it has no attribute '{}'", name));
  const Handle type(H5Aget_type(attribute.get()));
  if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) != 0)
    fail(fmt::format("its attribute '{}' is no text", name));
  std::string text(H5Tget_size(type.get()), '\0');
  if (H5Aread(attribute.get(), type.get(), text.data()) < 0)
    fail(fmt::format("its attribute '{}' cannot be read", name));
  return text.substr(0, text.find('\0'));
}

Handle make_space(const std::vector<std::int64_t>& shape) {
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  return Handle(extents.empty()
                    ? H5Screate(H5S_SCALAR)
                    : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr));
}

// Contiguous, its place fixed now and never filled.
haddr_t make_data_set(hid_t file, const EntryValue& value, const EntryArray& array) {
  const Handle space = make_space(array.shape);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_layout(properties.get(), H5D_CONTIGUOUS);
  H5Pset_alloc_time(properties.get(), H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(properties.get(), H5D_FILL_TIME_NEVER);
  H5Pset_obj_track_times(properties.get(), false);  // the same content gives the same bytes
  const Handle made(H5Dcreate2(file, path_of(value, array).c_str(), stored_type(array.dtype), space.get(),
                               H5P_DEFAULT, properties.get(), H5P_DEFAULT));
  check(static_cast<bool>(made));
  attribute(made.get(), "dtype", array.dtype);
  return H5Dget_offset(made.get());
}

nlohmann::json describe(const std::vector<EntryValue>& values) {
  nlohmann::json list = nlohmann::json::array();
  for (const EntryValue& value : values) {
    nlohmann::json arrays = nlohmann::json::array();
    for (const EntryArray& array : value.arrays)
      arrays.push_back({{"name", array.name},
                        {"dtype", array.dtype},
                        {"shape", array.shape},
                        {"on_device", array.on_device}});
    list.push_back({{"port", value.port}, {"object", value.object}, {"arrays", arrays}});
  }
  return list;
}

std::vector<EntryValue> parse(const std::string& text) {
  std::vector<EntryValue> values;
  try {
    for (const auto& value : nlohmann::json::parse(text)) {
      EntryValue& added = values.emplace_back();
      added.port = value.at("port");
      added.object = value.at("object");
      for (const auto& array : value.at("arrays")) {
        added.arrays.push_back({array.at("name"), array.at("dtype"),
                                array.at("shape").get<std::vector<std::int64_t>>(), nullptr,
                                array.at("on_device")});
      }
    }
  } catch (const nlohmann::json::exception& error) {
    fail(fmt::format("its list of values is damaged: {}", error.what()));
  }
  return values;
}

bool fits(const EntryArray& array, std::uint64_t size) {
  std::uint64_t left = size;
  for (const std::int64_t extent : array.shape) {
    if (extent < 0) return false;
    if (extent == 0) return true;
    left /= static_cast<std::uint64_t>(extent);
  }
  return left > 0;
}

// The shape of the data set is the one that the list says, and its bytes lie in the file.
const char* find_data(hid_t file, const EntryValue& value, const EntryArray& array, const char* bytes,
                      std::uint64_t size) {
  const std::string path = path_of(value, array);
  if (!fits(array, size)) fail(fmt::format("data set '{}' is larger than the file", path));
  const Handle set(H5Dopen2(file, path.c_str(), H5P_DEFAULT));
  if (!set) fail(fmt::format("it has no data set '{}'", path));
  const Handle type(H5Dget_type(set.get()));
  const Handle space(H5Dget_space(set.get()));
  const Handle expected = make_space(array.shape);
  if (H5Tequal(type.get(), stored_type(array.dtype)) <= 0 ||
      H5Sextent_equal(space.get(), expected.get()) <= 0) {
    fail(fmt::format("data set '{}' has another type or shape than the list of values says", path));
  }
  if (array.bytes() == 0) return bytes;
  const haddr_t offset = H5Dget_offset(set.get());
  if (offset == HADDR_UNDEF || offset > size || array.bytes() > size - offset)
    fail(fmt::format("data set '{}' does not lie in the file", path));
  return bytes + offset;
}

}  // namespace

EntryImage make_entry_image(const EntryText& text, const std::vector<EntryValue>& values) {
  constexpr hsize_t kAligned = 64;  // where arrays begin, the smallest too: they are used where they lie
  const formats::hdf5::Silence silence;
  EntryImage image;
  image.memory = Descriptor(::memfd_create("gistmill-cached-call", MFD_CLOEXEC));
  if (!image.memory.open()) throw std::bad_alloc();
  const Handle access(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_fapl_stdio(access.get());  // the usual driver wants the real name behind a link; this has none
  H5Pset_alignment(access.get(), 1, kAligned);
  const Handle creation(H5Pcreate(H5P_FILE_CREATE));
  H5Pset_userblock(creation.get(), kEntryTextSize);
  const std::string name = fmt::format("/proc/self/fd/{}", image.memory.get());
  Handle file(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()));
  check(static_cast<bool>(file));

  attribute(file.get(), "format", kFormat);
  attribute(file.get(), "version", fmt::format("{}", kVersion));
  attribute(file.get(), "key", text.key);
  attribute(file.get(), "call", text.call);
  attribute(file.get(), "identity", text.identity);
  attribute(file.get(), "values", describe(values).dump());
  for (const EntryValue& value : values) {
    if (!value.object.empty()) {
      const Handle group(
          H5Gcreate2(file.get(), ("/" + value.port).c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
      check(static_cast<bool>(group));
      attribute(group.get(), "object", value.object);
    }
    for (const EntryArray& array : value.arrays) {
      const haddr_t offset = make_data_set(file.get(), value, array);
      if (array.bytes() > 0) image.holes.push_back({offset, &array});
    }
  }
  check(file.close());
  std::sort(image.holes.begin(), image.holes.end(),
            [](const auto& a, const auto& b) { return a.offset < b.offset; });
  image.size = static_cast<std::uint64_t>(::lseek(image.memory.get(), 0, SEEK_END));
  return image;
}

std::vector<EntryValue> read_entry_image(const std::filesystem::path& path, const std::string& key,
                                         const char* bytes, std::uint64_t size) {
  const formats::hdf5::Silence silence;
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  if (!file) fail("HDF5 cannot open it: " + formats::hdf5::reason());
  if (read_attribute(file.get(), "format") != kFormat ||
      read_attribute(file.get(), "version") != fmt::format("{}", kVersion)) {
    fail("it is of another format or version");
  }
  if (read_attribute(file.get(), "key") != key) fail("it holds the results of another call");
  std::vector<EntryValue> values = parse(read_attribute(file.get(), "values"));
  for (EntryValue& value : values) {
    for (EntryArray& array : value.arrays) array.data = find_data(file.get(), value, array, bytes, size);
  }
  return values;
}

}  // namespace gistmill
