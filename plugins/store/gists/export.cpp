#include "plugins/store/gists/export.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <gistmill/files/new_file.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/safetensors.hpp>

#include "plugins/store/gists/index.hpp"
#include "plugins/store/gists/torch_file.hpp"
#include "plugins/store/gists/tree_files.hpp"

namespace gistmill::gists {
namespace {

using formats::SafetensorsDtype;
using Sizes = std::vector<std::int64_t>;

struct Gists {
  std::vector<float> vectors;           // [n, G, D]
  std::vector<std::int64_t> positions;  // [n, G]
  std::int64_t count = 0;               // n
};

struct Arrays {
  Gists blocks;                   // level 1
  Gists groups;                   // level 2
  std::vector<std::int32_t> ids;  // [tokens]
  std::vector<std::uint8_t>
      kept;  // [n, K], 1 for a token that stays beside its block's gist; empty: none does
};

// Of rows that each stand for `tokens` tokens.
Gists gists_of(const GistReader& reader, const std::vector<std::uint64_t>& rows, std::uint64_t tokens) {
  const Shape& shape = reader.shape();
  Gists gists;
  gists.count = static_cast<std::int64_t>(rows.size());
  gists.vectors.resize(rows.size() * shape.numbers());
  std::vector<std::int32_t> offsets(shape.gists);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    reader.read(rows[i], nullptr, &gists.vectors[i * shape.numbers()], offsets.data());
    for (const std::int32_t offset : offsets)
      gists.positions.push_back(static_cast<std::int64_t>(i * tokens) + offset);
  }
  return gists;
}

Arrays arrays_of(const GistReader& reader, const DocumentRows& rows) {
  const Shape& shape = reader.shape();
  Arrays arrays;
  arrays.blocks = gists_of(reader, rows.blocks, shape.block);
  arrays.groups = gists_of(reader, rows.groups, shape.group());
  arrays.ids.resize(rows.tokens(shape) + shape.block);
  std::size_t at = 0;
  for (const std::vector<std::uint64_t>* part : {&rows.blocks, &rows.tail}) {
    for (const std::uint64_t row : *part) at += reader.read(row, &arrays.ids[at], nullptr, nullptr).tokens;
  }
  arrays.ids.resize(at);
  for (const std::uint64_t row : rows.blocks) {
    const std::vector<std::uint8_t> stays = reader.kept(row);
    arrays.kept.insert(arrays.kept.end(), stays.begin(), stays.end());
  }
  if (std::ranges::find(arrays.kept, std::uint8_t{1}) == arrays.kept.end()) arrays.kept.clear();
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
  if (!ending.empty() && ending != ".safetensors" && ending != ".npy" && ending != ".pt") {
    throw formats::FormatError(
        "'" + target.string() + "' ends with " + formats::printable(ending) +
        " when gists are exported as .safetensors, .npy or .pt, or as a folder, whose name "
        "has no ending");
  }
  const std::uint32_t number = number_of(reader, document);
  const Shape& shape = reader.shape();
  const GistIndex index(reader);
  if (ending.empty())
    return write_tree_files(reader, index.documents()[number], reader.document(number), target);
  const Arrays arrays = arrays_of(reader, index.documents()[number]);
  if (ending == ".pt")
    return write_torch_file(target, arrays.blocks.vectors, arrays.blocks.count * shape.gists, shape.width);
  const auto sizes = [&](const Gists& gists) { return Sizes{gists.count, shape.gists, shape.width}; };
  files::NewFile file(target);
  if (ending == ".npy") {
    file.write(npy_header(sizes(arrays.blocks)));
    file.write({reinterpret_cast<const char*>(arrays.blocks.vectors.data()),
                arrays.blocks.vectors.size() * sizeof(float)});
  } else {
    std::vector<formats::SafetensorsItem> items;
    const auto add = [&](const char* name, const char* positions, const Gists& gists) {
      items.push_back(item(name, SafetensorsDtype::kF32, sizes(gists), gists.vectors));
      items.push_back(item(positions, SafetensorsDtype::kI64, {gists.count, shape.gists}, gists.positions));
    };
    add("gists", "positions", arrays.blocks);
    if (arrays.groups.count > 0) add("gists_level2", "positions_level2", arrays.groups);
    items.push_back(
        item("ids", SafetensorsDtype::kI32, {static_cast<std::int64_t>(arrays.ids.size())}, arrays.ids));
    if (!arrays.kept.empty())
      items.push_back(item("kept", SafetensorsDtype::kU8, {arrays.blocks.count, shape.block}, arrays.kept));
    formats::write_safetensors(
        [&](const void* data, std::size_t size) {
          file.write({static_cast<const char*>(data), size});
        },
        items, {{"about", std::string(reader.about())}, {"document", reader.document(number)}});
  }
  file.commit();
}

}  // namespace gistmill::gists
