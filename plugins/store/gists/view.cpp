#include "plugins/store/gists/view.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

namespace gistmill::gists {
namespace {

namespace hdf5 = formats::hdf5;
using formats::FormatError;

hdf5::Handle half_type() {
  hdf5::Handle type(H5Tcopy(H5T_IEEE_F32LE));
  H5Tset_fields(type.get(), 15, 10, 5, 0, 10);
  H5Tset_size(type.get(), 2);
  H5Tset_ebias(type.get(), 15);
  return type;
}

hdf5::Handle number_type(Precision precision) {
  switch (precision) {
    case Precision::f16:
      return half_type();
    case Precision::bf16:  // HDF5 has no such type: the upper half of an f32
      return hdf5::Handle(H5Tcopy(H5T_STD_U16LE));
    case Precision::int8:
      return hdf5::Handle(H5Tcopy(H5T_STD_I8LE));
    case Precision::int4:  // two codes a byte
      return hdf5::Handle(H5Tcopy(H5T_STD_U8LE));
    case Precision::f32:
      break;
  }
  return hdf5::Handle(H5Tcopy(H5T_IEEE_F32LE));
}

class Compound {
 public:
  explicit Compound(std::size_t bytes) : type_(H5Tcreate(H5T_COMPOUND, bytes)) {}

  void add(const char* name, std::size_t at, hid_t type, const std::vector<hsize_t>& shape = {}) {
    if (shape.empty()) {
      added(H5Tinsert(type_.get(), name, at, type));
      return;
    }
    const hdf5::Handle array(H5Tarray_create2(type, static_cast<unsigned>(shape.size()), shape.data()));
    added(H5Tinsert(type_.get(), name, at, array.get()));
  }
  hid_t get() const { return type_.get(); }

 private:
  static void added(herr_t status) {
    if (status < 0) throw FormatError("HDF5 cannot describe a row: " + hdf5::reason());
  }
  hdf5::Handle type_;
};

Compound row_type(const Shape& shape) {
  const RowLayout row(shape);
  Compound type(row.bytes);
  type.add("document", RowLayout::document, H5T_STD_U32LE);
  type.add("block", RowLayout::block, H5T_STD_U32LE);
  type.add("tokens", RowLayout::tokens, H5T_STD_U16LE);
  type.add("level", RowLayout::level, H5T_STD_U8LE);
  type.add("compressor", RowLayout::compressor, H5T_STD_U64LE);
  type.add("text", RowLayout::text, H5T_STD_U64LE);
  type.add("offset", RowLayout::offset, H5T_STD_U16LE, {shape.gists});
  type.add("kept", row.kept, H5T_STD_U8LE, {shape.kept_bytes()});
  type.add("ids", row.ids, H5T_STD_U32LE, {shape.block});
  const bool pairs = shape.precision == Precision::int4;
  type.add("gist", row.gist, number_type(shape.precision).get(),
           {shape.gists, pairs ? shape.code_bytes() : shape.width});
  if (shape.precision == Precision::int8) type.add("scale", row.scale, H5T_IEEE_F32LE, {shape.gists});
  if (pairs) type.add("scale", row.scale, half_type().get(), {shape.gists, shape.groups()});
  type.add("checksum", row.checksum, H5T_STD_U64LE);
  return type;
}

struct Image {
  std::string bytes;       // of the file up to where the rows begin
  std::uint64_t size = 0;  // of all of it
  Slot slot;
};

Image image_of(const Shape& shape, std::uint64_t about_bytes, std::uint64_t rows) {
  hdf5::MemoryFile made = hdf5::make_in_memory("gistmill-gists", kUserBlock);
  Image image;
  image.slot.shape = shape;
  image.slot.about_bytes = about_bytes;
  {
    const hid_t file = made.file.get();
    const hdf5::Handle text = hdf5::text_type(about_bytes);
    const hdf5::Handle about = hdf5::make_data_set(file, "/about", text.get(), {});
    Compound entry(kDocumentBytes);
    entry.add("name", 0, hdf5::text_type(kNameBytes).get());
    entry.add("checksum", kNameBytes, H5T_STD_U64LE);
    const hdf5::Handle documents = hdf5::make_data_set(file, "/documents", entry.get(), {shape.documents});
    const hdf5::Handle set = hdf5::make_data_set(file, "/rows", row_type(shape).get(), {rows});
    image.slot.about_at = H5Dget_offset(about.get());
    image.slot.documents_at = H5Dget_offset(documents.get());
    image.slot.rows_at = H5Dget_offset(set.get());
  }
  image.size = made.finish();
  image.bytes.resize(image.slot.rows_at);
  if (files::read_at(made.memory.get(), image.bytes.data(), image.bytes.size(), 0).bytes !=
      image.bytes.size())
    throw FormatError("what HDF5 laid out cannot be read back");
  return image;
}

constexpr const char* kUnknown = "this version of HDF5 lays a file out in a way that is not known here";

// Where one image has `one` and the other `two`, at so many places side by side and nowhere else.
std::uint64_t field_of(const Image& first, const Image& second, std::uint64_t one, std::uint64_t two,
                       std::uint64_t count) {
  std::vector<std::uint64_t> found;
  for (std::uint64_t at = kUserBlock; at + sizeof one <= first.bytes.size(); ++at) {
    if (load<std::uint64_t>(&first.bytes[at]) == one && load<std::uint64_t>(&second.bytes[at]) == two)
      found.push_back(at);
  }
  if (found.size() != count || found.back() != found.front() + (count - 1) * sizeof one)
    throw FormatError(kUnknown);
  return found.front();
}

}  // namespace

View make_view(const Shape& shape, std::uint64_t about_bytes) {
  const hdf5::Silence silence;
  // Two stores that differ in their number of rows alone tell where that number stands. HDF5 puts small data
  // sets together, so they have rows enough to be none.
  constexpr std::uint64_t kLarge = 1 << 16;
  const std::uint64_t row = RowLayout(shape).bytes;
  const std::uint64_t few = 3 + kLarge / row;
  const std::uint64_t more = 5 + 2 * kLarge / row;
  Image one = image_of(shape, about_bytes, few);
  const Image two = image_of(shape, about_bytes, more);
  const std::uint64_t at = one.slot.rows_at;
  if (at != two.slot.rows_at || one.size != at + few * row || two.size != at + more * row)
    throw FormatError(kUnknown);
  one.slot.end_field = field_of(one, two, one.size, two.size, 1);
  one.slot.bytes_field = field_of(one, two, few * row, more * row, 1);
  one.slot.rows_field = field_of(one, two, few, more, kRowsFields);
  View view{one.bytes.substr(kUserBlock), one.slot};
  std::string same = two.bytes.substr(kUserBlock);
  for (std::string* bytes : {&view.bytes, &same}) {
    const auto set = [bytes](std::uint64_t field, std::uint64_t number) {
      save(bytes->data() + (field - kUserBlock), number);
    };
    set(one.slot.end_field, at);
    set(one.slot.bytes_field, row);
    for (std::uint64_t i = 0; i < kRowsFields; ++i) set(one.slot.rows_field + i * sizeof i, 0);
  }
  if (view.bytes != same) throw FormatError(kUnknown);  // something else changes with the rows
  return view;
}

}  // namespace gistmill::gists
