#include "plugins/store/gists/tree_files.hpp"

#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include <gistmill/files/new_file.hpp>
#include <gistmill/files/new_folder.hpp>
#include <gistmill/formats/error.hpp>

#include "plugins/store/gists/about.hpp"
#include "plugins/store/gists/codec.hpp"

namespace gistmill::gists {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint32_t kMagic = 0x4D434354;
constexpr std::uint16_t kTreeVersion = 1;
constexpr std::size_t kHeader = 64;
constexpr std::size_t kModelBytes = 32;
constexpr std::uint16_t kTypeOfIds = 0;

// How the gists of a store stand in a file; their number is that of the type.
Precision file_precision(Precision stored) {
  return stored == Precision::f16 || stored == Precision::bf16 ? stored : Precision::f32;
}
std::uint16_t type_of(Precision precision) {
  return precision == Precision::f16 ? 1 : precision == Precision::bf16 ? 2 : 3;
}

struct Level {
  std::uint16_t level = 0;
  std::uint16_t type = 0;
  std::uint16_t width = 0;
  std::uint64_t entries = 0;
  std::string data;
};

std::string header_of(const Level& level, const Shape& shape, const std::string& model) {
  std::string header(kHeader, '\0');
  save(&header[0], kMagic);
  save(&header[4], kTreeVersion);
  save(&header[6], level.level);
  save(&header[8], static_cast<std::uint16_t>(shape.block));
  save(&header[10], level.width);
  save(&header[12], level.type);
  save(&header[14], level.entries);
  model.copy(&header[22], kModelBytes);
  return header;
}

Level tokens_of(const GistReader& reader, const DocumentRows& rows) {
  Level level{0, kTypeOfIds, 1, 0, {}};
  std::vector<std::int32_t> ids(reader.shape().block);
  for (const std::vector<std::uint64_t>* part : {&rows.blocks, &rows.tail}) {
    for (const std::uint64_t row : *part) {
      const RowHead head = reader.read(row, ids.data(), nullptr, nullptr);
      level.data.append(reinterpret_cast<const char*>(ids.data()), head.tokens * sizeof ids[0]);
      level.entries += head.tokens;
    }
  }
  return level;
}

Level gists_of(const GistReader& reader, std::uint16_t number, const std::vector<std::uint64_t>& rows) {
  Shape shape = reader.shape();
  std::vector<float> gist(shape.numbers());
  shape.precision = file_precision(shape.precision);
  Level level{number,
              type_of(shape.precision),
              static_cast<std::uint16_t>(shape.width),
              rows.size() * shape.gists,
              {}};
  std::vector<char> bytes(shape.code_bytes() * shape.gists);
  for (const std::uint64_t row : rows) {
    reader.read(row, nullptr, gist.data(), nullptr);
    encode_gists(shape, gist.data(), bytes.data(), nullptr);
    level.data.append(bytes.data(), bytes.size());
  }
  return level;
}

// The nodes in the order in which a history makes them: of each block its tokens and its gist, and behind the
// last of a group the gist of its gists.
class Nodes {
 public:
  Nodes(const GistReader& reader, const DocumentRows& rows) : reader_(reader), rows_(rows) {
    const std::uint64_t block = reader.shape().block;
    for (std::uint64_t i = 0; i < rows.blocks.size(); ++i) {
      const std::uint64_t id = nodes_.size();
      nodes_.push_back(node(0, i, block, i * block, rows.blocks[i]));
      if (Json kept = kept_in(rows.blocks[i]); !kept.empty()) nodes_.back()["kept"] = std::move(kept);
      nodes_.push_back(node(1, i, block, i * reader.shape().gists, rows.blocks[i]));
      nodes_[id]["parent"] = id + 1;
      nodes_[id + 1]["child_ids"].push_back(id);
      of_group_.push_back(id + 1);
      if (of_group_.size() == block) end_group(i / block);
    }
  }
  Json take() { return std::move(nodes_); }

 private:
  Json node(int level, std::uint64_t number, std::uint64_t tokens, std::uint64_t entry,
            std::uint64_t row) const {
    const std::string version = level == 0 ? "" : version_text(reader_.head(row).compressor);
    return {{"span_id", nodes_.size()},     {"level", level}, {"start", number * tokens},
            {"end", (number + 1) * tokens}, {"parent", -1},   {"child_ids", Json::array()},
            {"data_offset", entry},         {"timestamp", 0}, {"access_count", 0},
            {"gist_version", version}};
  }
  // Places in the block of the tokens that stay beside its gist.
  Json kept_in(std::uint64_t row) const {
    const std::vector<std::uint8_t> stays = reader_.kept(row);
    Json places = Json::array();
    for (std::size_t i = 0; i < stays.size(); ++i) {
      if (stays[i] != 0) places.push_back(i);
    }
    return places;
  }
  void end_group(std::uint64_t group) {
    if (group < rows_.groups.size()) {
      Json top = node(2, group, reader_.shape().group(), group * reader_.shape().gists, rows_.groups[group]);
      for (const std::uint64_t child : of_group_) nodes_[child]["parent"] = nodes_.size();
      top["child_ids"] = of_group_;
      nodes_.push_back(std::move(top));
    }
    of_group_.clear();
  }
  static std::string version_text(std::uint64_t compressor) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(compressor));
    return text;
  }

  const GistReader& reader_;
  const DocumentRows& rows_;
  Json nodes_ = Json::array();
  std::vector<std::uint64_t> of_group_;  // span_ids of level 1
};

}  // namespace

void write_tree_files(const GistReader& reader, const DocumentRows& rows, const std::string& document,
                      const std::filesystem::path& target) {
  const Shape& shape = reader.shape();
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint16_t>::max();
  if (shape.width > kMost) {
    throw formats::FormatError("a gist has " + std::to_string(shape.width) +
                               " numbers when these files hold " + std::to_string(kMost) +
                               "; export .safetensors");
  }
  const About about = About::parse(reader.about());
  files::NewFolder folder(target);
  Json bytes = Json::object();
  const auto write = [&](const Level& level) {
    const std::string name = "L" + std::to_string(level.level) + ".ctx";
    files::NewFile file(folder.path() / name);
    file.write(header_of(level, shape, about.model));
    file.write(level.data);
    file.commit();
    bytes[name] = kHeader + level.data.size();
  };
  write(tokens_of(reader, rows));
  write(gists_of(reader, 1, rows.blocks));
  write(gists_of(reader, 2, rows.groups));
  const Json metadata = {{"document", document},
                         {"block", shape.block},
                         {"gists_of_a_node", shape.gists},
                         {"bytes", bytes},
                         {"about", Json::parse(about.text())},
                         {"nodes", Nodes(reader, rows).take()}};
  files::NewFile file(folder.path() / "metadata.json");
  file.write(metadata.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  file.commit();
  folder.commit();
}

}  // namespace gistmill::gists
