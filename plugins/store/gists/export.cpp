#include "plugins/store/gists/export.hpp"

#include <map>
#include <vector>

#include <gistmill/files/new_file.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/safetensors.hpp>

#include "plugins/store/gists/index.hpp"

namespace gistmill::gists {
namespace {

using formats::SafetensorsDtype;
using Sizes = std::vector<std::int64_t>;

struct Arrays {
  std::vector<float> gists;             // [n, G, D]
  std::vector<std::int64_t> positions;  // [n, G]
  std::vector<std::int32_t> ids;        // [tokens]
  std::int64_t blocks = 0;              // n
};

Arrays arrays_of(const GistReader& reader, const DocumentRows& rows) {
  const Shape& shape = reader.shape();
  Arrays arrays;
  arrays.blocks = static_cast<std::int64_t>(rows.blocks.size());
  arrays.gists.resize(rows.blocks.size() * shape.numbers());
  arrays.ids.resize(rows.tokens(shape) + shape.block);
  std::vector<std::int32_t> offsets(shape.gists);
  std::size_t at = 0;
  for (std::size_t block = 0; block < rows.blocks.size(); ++block, at += shape.block) {
    reader.read(rows.blocks[block], &arrays.ids[at], &arrays.gists[block * shape.numbers()], offsets.data());
    for (const std::int32_t offset : offsets)
      arrays.positions.push_back(static_cast<std::int64_t>(block * shape.block) + offset);
  }
  for (const std::uint64_t row : rows.tail) at += reader.read(row, &arrays.ids[at], nullptr, nullptr).tokens;
  arrays.ids.resize(at);
  return arrays;
}

template <class T>
formats::SafetensorsItem item(const char* name, SafetensorsDtype dtype, const Sizes& shape,
                              const std::vector<T>& data) {
  return {name, dtype, shape, data.data(), data.size() * sizeof(T)};
}

// Version 1.0 of NumPy's format: its header's end is a multiple of 64.
std::string npy_header(const Sizes& shape) {
  std::string sizes;
  for (const std::int64_t size : shape) sizes += std::to_string(size) + ", ";
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + sizes + "), }";
  constexpr std::size_t kBefore = 10;
  text.resize((kBefore + text.size() + 1 + 63) / 64 * 64 - kBefore - 1, ' ');
  text += '\n';
  const auto length = static_cast<std::uint16_t>(text.size());
  std::string header("\x93NUMPY\x01\x00", 8);
  header.append(reinterpret_cast<const char*>(&length), sizeof length);
  return header + text;
}

}  // namespace

void export_document(const GistReader& reader, const std::string& document,
                     const std::filesystem::path& target) {
  const std::string ending = target.extension().string();
  if (ending != ".safetensors" && ending != ".npy") {
    throw formats::FormatError("'" + target.string() + "' ends with " + formats::printable(ending) +
                               " when gists are exported as .safetensors or .npy");
  }
  const std::uint32_t number = number_of(reader, document);
  const Shape& shape = reader.shape();
  const GistIndex index(reader);
  const Arrays arrays = arrays_of(reader, index.documents()[number]);
  const Sizes gists = {arrays.blocks, shape.gists, shape.width};
  files::NewFile file(target);
  if (ending == ".npy") {
    file.write(npy_header(gists));
    file.write({reinterpret_cast<const char*>(arrays.gists.data()), arrays.gists.size() * sizeof(float)});
  } else {
    formats::write_safetensors(
        [&](const void* data, std::size_t size) {
          file.write({static_cast<const char*>(data), size});
        },
        {item("gists", SafetensorsDtype::kF32, gists, arrays.gists),
         item("positions", SafetensorsDtype::kI64, {arrays.blocks, shape.gists}, arrays.positions),
         item("ids", SafetensorsDtype::kI32, {static_cast<std::int64_t>(arrays.ids.size())}, arrays.ids)},
        {{"about", std::string(reader.about())}, {"document", reader.document(number)}});
  }
  file.commit();
}

}  // namespace gistmill::gists
