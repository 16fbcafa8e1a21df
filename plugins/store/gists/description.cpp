#include "plugins/store/gists/description.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <gistmill/formats/error.hpp>

#include "plugins/store/gists/about.hpp"
#include "plugins/store/gists/index.hpp"

namespace gistmill::gists {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kSample = 3;         // blocks
constexpr std::uint64_t kPiece = 1 << 14;  // rows between which memory is given back

std::string number_text(std::uint64_t compressor) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(compressor));
  return text;
}

struct Counts {
  std::map<std::string, std::uint64_t> gists;  // blocks of a compressor
  std::uint64_t groups = 0;                    // of level 2
  std::uint64_t kept = 0;                      // tokens that stay beside a gist
  std::uint64_t whole = 0;                     // blocks that stay, where there is a rule for blocks
  std::uint64_t stale = 0;                     // of these, of other networks than the store says
  std::vector<std::string> damaged;            // blocks
  std::uint64_t rows = 0;                      // that count
};

void count(const GistReader& reader, const About& about, std::uint64_t row, Counts& counts) {
  ++counts.rows;
  const RowHead head = reader.head(row);
  if (head.level == 2) ++counts.groups;
  if (head.level == 2 && head.compressor != about.level2_number()) ++counts.stale;
  if (head.level == 1) ++counts.gists[number_text(head.compressor)];
  try {
    reader.check(row);
    const std::vector<std::uint8_t> stays = reader.kept(row);
    const auto kept = static_cast<std::uint64_t>(std::count(stays.begin(), stays.end(), std::uint8_t{1}));
    const bool whole = !about.keep_blocks.empty() && kept == stays.size();
    if (whole) ++counts.whole;
    if (!whole) counts.kept += kept;
  } catch (const formats::FormatError&) {
    counts.damaged.push_back(reader.name_of(head));
  }
  if (row % kPiece == kPiece - 1) reader.release_pages();
}

Json sample_of(const GistReader& reader, const GistIndex& index) {
  Json sample = Json::array();
  std::vector<std::int32_t> ids(reader.shape().block);
  for (std::uint32_t document = 0; document < index.documents().size() && sample.size() < kSample;
       ++document) {
    const std::vector<std::uint64_t>& blocks = index.documents()[document].blocks;
    for (std::size_t i = 0; i < blocks.size() && sample.size() < kSample; ++i) {
      try {
        reader.read(blocks[i], ids.data(), nullptr, nullptr);
      } catch (const formats::FormatError&) {
        continue;  // told as damaged
      }
      sample.push_back({{"document", reader.document(document)}, {"block", i}, {"ids", ids}});
    }
  }
  return sample;
}

}  // namespace

nlohmann::ordered_json description_of(const GistReader& reader) {
  const GistIndex index(reader);
  const About about = About::parse(reader.about());
  const Shape& shape = reader.shape();
  Counts counts;
  Json documents = Json::object();
  std::uint64_t blocks = 0;
  std::uint64_t tokens = 0;
  for (std::uint32_t number = 0; number < index.documents().size(); ++number) {
    const DocumentRows& rows = index.documents()[number];
    for (const std::vector<std::uint64_t>* part : {&rows.blocks, &rows.groups, &rows.tail})
      for (const std::uint64_t row : *part) count(reader, about, row, counts);
    blocks += rows.blocks.size();
    tokens += rows.tokens(shape);
    documents[reader.document(number)] = rows.tokens(shape);
  }
  const std::uint64_t row_bytes = reader.layout().bytes;
  const std::uint64_t gist_bytes = reader.layout().checksum - reader.layout().gist;
  Json json = {{"format", "gist store, version " + std::to_string(kVersion)},
               {"file_bytes", reader.bytes()},
               {"block", std::to_string(shape.block) + " tokens -> " + std::to_string(shape.gists) + " x " +
                             std::to_string(shape.width) + ", " + precision_name(shape.precision)},
               {"tokens", tokens},
               {"documents", documents},
               {"level_0_bytes", tokens * sizeof(std::uint32_t)},
               {"level_1_blocks", blocks},
               {"level_1_bytes", blocks * gist_bytes},
               {"level_2_groups", counts.groups},
               {"level_2_bytes", counts.groups * gist_bytes},
               {"row_bytes", row_bytes},
               {"replaced_rows", reader.rows() - counts.rows},
               {"model", about.model},
               {"tokenizer", about.tokenizer},
               {"compressor", about.compressor},
               {"position", about.position}};
  if (!about.keep.empty()) json["kept"] = about.keep + ": " + std::to_string(counts.kept) + " tokens";
  if (!about.keep_blocks.empty()) {
    json["blocks_kept"] = about.keep_blocks;
    json["kept_blocks"] = counts.whole;
  }
  if (!about.level2.empty()) json["level_2"] = about.level2;
  if (counts.stale > 0) json["level_2_of_other_networks"] = counts.stale;
  if (counts.gists.size() > 1 ||
      (counts.gists.size() == 1 && counts.gists.begin()->first != number_text(about.compressor_number())))
    json["mixed_compressors"] = counts.gists;
  if (about.origin.is_object()) json["origin"] = about.origin;
  json["damaged"] = counts.damaged;
  json["sample"] = sample_of(reader, index);
  return json;
}

}  // namespace gistmill::gists
