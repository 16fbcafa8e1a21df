// Every HDF5 call of the cache; see entry_image.hpp. The root's attribute "values" says, as JSON, which data
// sets there are: HDF5 has no bf16, and keeps no order.
#include "host/cache/entry_image.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <gistmill/dtype.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

namespace gistmill {
namespace {

namespace hdf5 = formats::hdf5;
using hdf5::Handle;

constexpr const char* kFormat = "gistmill cached call";

[[noreturn]] void fail(const std::string& what) { throw formats::FormatError(what); }

// bf16 and f16 as the integers that they are stored as; their data sets' attribute "dtype" says so.
hid_t stored_type(const std::string& name) {
  const Dtype* dtype = find_dtype(name);
  if (dtype == nullptr) fail(fmt::format("'{}' is not an element type of a cached array", name));
  if (dtype->code.code == GM_FLOAT && dtype->bytes() >= 4)
    return dtype->bytes() == 8 ? H5T_IEEE_F64LE : H5T_IEEE_F32LE;
  const bool has_sign = dtype->code.code == GM_INT;
  switch (dtype->bytes()) {
    case 1:
      return has_sign ? H5T_STD_I8LE : H5T_STD_U8LE;
    case 2:
      return has_sign ? H5T_STD_I16LE : H5T_STD_U16LE;
    case 4:
      return has_sign ? H5T_STD_I32LE : H5T_STD_U32LE;
    default:
      return has_sign ? H5T_STD_I64LE : H5T_STD_U64LE;
  }
}

std::string path_of(const EntryValue& value, const EntryArray& array) {
  return array.name.empty() ? "/" + value.port : "/" + value.port + "/" + array.name;
}

std::vector<hsize_t> extents_of(const EntryArray& array) { return {array.shape.begin(), array.shape.end()}; }

haddr_t make_data_set(hid_t file, const EntryValue& value, const EntryArray& array) {
  const Handle made =
      hdf5::make_data_set(file, path_of(value, array), stored_type(array.dtype), extents_of(array));
  hdf5::put_text(made.get(), "dtype", array.dtype);
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
  const Handle expected = hdf5::make_space(extents_of(array));
  if (H5Tequal(type.get(), stored_type(array.dtype)) <= 0 ||
      H5Sextent_equal(space.get(), expected.get()) <= 0) {
    fail(fmt::format("the type or shape of data set '{}' differs from the list of values", path));
  }
  if (array.bytes() == 0) return bytes;
  const haddr_t offset = H5Dget_offset(set.get());
  if (offset == HADDR_UNDEF || offset > size || array.bytes() > size - offset)
    fail(fmt::format("data set '{}' is not in the file", path));
  return bytes + offset;
}

}  // namespace

EntryImage make_entry_image(const EntryText& text, const std::vector<EntryValue>& values) {
  constexpr std::uint64_t kAligned = 64;  // where each array begins: it is used where it lies
  const hdf5::Silence silence;
  hdf5::MemoryFile made = hdf5::make_in_memory("gistmill-cached-call", kEntryTextSize, kAligned);
  const hid_t file = made.file.get();
  hdf5::put_text(file, "format", kFormat);
  hdf5::put_text(file, "version", kEntryFormat);
  hdf5::put_text(file, "key", text.key);
  hdf5::put_text(file, "call", text.call);
  hdf5::put_text(file, "identity", text.identity);
  hdf5::put_text(file, "values", describe(values).dump());
  EntryImage image;
  for (const EntryValue& value : values) {
    if (!value.object.empty()) {
      const Handle group = hdf5::make_group(file, ("/" + value.port).c_str());
      hdf5::put_text(group.get(), "object", value.object);
    }
    for (const EntryArray& array : value.arrays) {
      const haddr_t offset = make_data_set(file, value, array);
      if (array.bytes() > 0) image.holes.push_back({offset, &array});
    }
  }
  image.size = made.finish();
  image.memory = std::move(made.memory);
  std::sort(image.holes.begin(), image.holes.end(),
            [](const auto& a, const auto& b) { return a.offset < b.offset; });
  return image;
}

std::vector<EntryValue> read_entry_image(const std::string& key, const char* bytes, std::uint64_t size) {
  const hdf5::Silence silence;
  const Handle file = hdf5::open_in_memory(bytes, size);
  if (!file) fail("HDF5 cannot open it: " + hdf5::reason());
  if (hdf5::text_attribute(file.get(), "format") != kFormat ||
      hdf5::text_attribute(file.get(), "version") != kEntryFormat) {
    fail("it is of another format or version");
  }
  if (hdf5::text_attribute(file.get(), "key") != key) fail("it holds the results of another call");
  std::vector<EntryValue> values = parse(hdf5::text_attribute(file.get(), "values"));
  for (EntryValue& value : values) {
    for (EntryArray& array : value.arrays) array.data = find_data(file.get(), value, array, bytes, size);
  }
  return values;
}

}  // namespace gistmill
