#include "plugins/store/common/column_file.hpp"

#include <gistmill/formats/error.hpp>

namespace gistmill::store {
namespace {

namespace hdf5 = formats::hdf5;
using formats::FormatError;

constexpr std::size_t kLongestFormat = 256;

std::string text_of_shape(const std::vector<hsize_t>& shape) {
  std::string text;
  for (const hsize_t extent : shape) text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return "[" + text + "]";
}

// "f32", "u16", "i64 in the order of other machines"
std::string text_of_type(hid_t type) {
  const std::string bits = std::to_string(8 * H5Tget_size(type));
  const char* const order = H5Tget_order(type) == H5T_ORDER_BE ? " in the byte order of other machines" : "";
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return "f" + bits + order;
    case H5T_INTEGER:
      return (H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "i") + bits + order;
    case H5T_STRING:
      return "text";
    default:
      return "of another kind";
  }
}

std::string text_of_types(const std::vector<hid_t>& types) {
  std::string text;
  for (const hid_t type : types) text += (text.empty() ? "" : " or ") + text_of_type(type);
  return text;
}

[[noreturn]] void refuse_column(const std::string& name, const std::string& found,
                                const std::string& expected) {
  throw FormatError("data set '" + name + "' is " + found + " when it should be " + expected);
}

}  // namespace

hdf5::Handle open_column_file(std::string_view bytes, const char* format, std::int64_t version) {
  hdf5::Handle file = hdf5::open_in_memory(bytes.data(), bytes.size());
  if (!file) throw FormatError("it is not an HDF5 file, or was cut short");
  expect_format(file.get(), format, version);
  return file;
}

void expect_format(hid_t file, const char* format, std::int64_t version) {
  if (const std::string found = hdf5::text_attribute(file, "format", kLongestFormat); found != format)
    throw FormatError("its format is " + formats::printable(found) + " when it should be '" + format + "'");
  const std::int64_t found = size_attribute(file, "version", 1 << 30);
  if (found == version) return;
  throw FormatError("its version is " + std::to_string(found) + " when this program reads version " +
                    std::to_string(version) +
                    (found > version ? "; it needs a newer program" : "; make it anew"));
}

std::int64_t size_attribute(hid_t owner, const char* name, std::int64_t most) {
  const hdf5::Handle attribute = hdf5::open_attribute(owner, name);
  const hdf5::Handle type(H5Aget_type(attribute.get()));
  std::int64_t value = 0;
  if (H5Tget_class(type.get()) != H5T_INTEGER || H5Aread(attribute.get(), H5T_NATIVE_INT64, &value) < 0)
    throw FormatError(std::string("attribute '") + name + "' is " + text_of_type(type.get()) +
                      " when it should be a whole number");
  if (value < 1 || value > most)
    throw FormatError(std::string("attribute '") + name + "' is " + std::to_string(value) +
                      " when it should be 1 to " + std::to_string(most));
  return value;
}

ColumnPlace place_of_column(hid_t file, const std::string& name, const std::vector<hid_t>& types,
                            const std::vector<hsize_t>& shape, std::uint64_t file_size) {
  const hdf5::DataSet set = hdf5::open_data_set(file, name, file_size);
  if (set.shape != shape)
    refuse_column(name, text_of_shape(set.shape), text_of_shape(shape) + " by the sizes of its file");
  bool fits = false;
  for (const hid_t type : types) fits = fits || H5Tequal(set.type.get(), type) > 0;
  if (!fits) refuse_column(name, text_of_type(set.type.get()), text_of_types(types));
  return {hdf5::begin_of(set, file_size), static_cast<std::size_t>(set.width)};
}

std::uint64_t rows_of(hid_t file, const std::string& name, std::uint64_t file_size) {
  const hdf5::DataSet set = hdf5::open_data_set(file, name, file_size);
  if (set.shape.size() != 1) refuse_column(name, text_of_shape(set.shape), "a list");
  return set.shape[0];
}

std::vector<std::string> texts_of(hid_t file, const std::string& name, std::uint64_t file_size) {
  const hdf5::DataSet set = hdf5::open_data_set(file, name, file_size);
  if (!hdf5::is_text(set.type.get()))
    refuse_column(name, text_of_type(set.type.get()), "text of fixed length");
  if (set.shape.size() > 1) refuse_column(name, text_of_shape(set.shape), "one text, or a list of them");
  std::string all(set.bytes, '\0');
  hdf5::read_data_set(set, set.type.get(), all.data());
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < all.size(); at += set.width) {
    const std::string padded = all.substr(at, set.width);
    texts.push_back(padded.substr(0, padded.find('\0')));
  }
  return texts;
}

}  // namespace gistmill::store
