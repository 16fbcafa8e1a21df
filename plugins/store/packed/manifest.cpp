#include "plugins/store/packed/manifest.hpp"

#include <algorithm>
#include <exception>

#include <gistmill/files/new_file.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/json.hpp>

#include "plugins/store/packed/layout.hpp"

namespace gistmill::packed {
namespace {

using Json = nlohmann::json;
using Ordered = nlohmann::ordered_json;

constexpr const char* kTails[] = {"drop", "pad", "join"};

// Sources may be many: each costs about twenty values.
constexpr formats::JsonLimits kLimits = {std::size_t{1} << 30, 16, std::size_t{1} << 24};

Ordered shard_json(const PackedShard& shard) {
  Ordered json = {{"shard", shard.path}, {"shard_digest", shard.digest}};
  for (std::size_t split = 0; split < kSplits; ++split) {
    json[kSplitNames[split]] = {{"samples", shard.documents[split]}, {"tokens", shard.tokens[split]}};
  }
  return json;
}

PackedShard shard_of(const Json& json) {
  PackedShard shard;
  shard.path = json.at("shard");
  shard.digest = json.at("shard_digest");
  const std::filesystem::path path = shard.path;
  if (path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end())
    throw formats::FormatError("shard '" + shard.path + "' lies outside of the folder");
  for (std::size_t split = 0; split < kSplits; ++split) {
    const Json& counts = json.at(kSplitNames[split]);
    shard.documents[split] = counts.at("samples");
    shard.tokens[split] = counts.at("tokens");
  }
  return shard;
}

Ordered source_json(const PackedSource& source) {
  Ordered json = {{"name", source.name}, {"digest", source.digest}};
  json.update(shard_json(source.shard));
  if (source.left_out) json["left_out"] = true;
  return json;
}

Ordered splits_json(const Manifest& manifest) {
  Ordered json = Ordered::object();
  for (std::size_t split = 0; split < kSplits; ++split) {
    const Manifest::Totals totals = manifest.totals(split);
    json[kSplitNames[split]] = {{"path", kShardsFolder},
                                {"shards", totals.shards},
                                {"sequences", totals.sequences},
                                {"samples", totals.samples},
                                {"tokens", totals.tokens}};
  }
  return json;
}

void check_head(const Json& json) {
  if (json.value("format", "") != kShardFormat)
    throw formats::FormatError("format is " + json.value("format", Json()).dump() + " when it should be \"" +
                               kShardFormat + "\"");
  if (json.at("version") != kVersion)
    throw formats::FormatError("version is " + json.at("version").dump() +
                               " when this program reads version " + std::to_string(kVersion) +
                               "; pack again");
  if (!json.contains("labels_shifted"))
    throw formats::FormatError("it does not say whether labels are shifted (labels_shifted); pack again");
  if (json.at("labels_shifted") != false)
    throw formats::FormatError("labels_shifted is " + json.at("labels_shifted").dump() +
                               " when the loss shifts labels; pack again");
}

Manifest manifest_of_json(const Json& json) {
  check_head(json);
  Manifest manifest;
  manifest.tokenizer = json.at("tokenizer");
  manifest.tokenizer_digest = json.at("tokenizer_digest");
  manifest.tokenizer_text = json.at("tokenizer_identity");
  manifest.length = json.at("max_seq_length");
  if (manifest.length < 1 || manifest.length > kLongestSequence)
    throw formats::FormatError("max_seq_length is " + std::to_string(manifest.length) +
                               " when it should be 1 to " + std::to_string(kLongestSequence));
  manifest.tail = tail_of(json.at("tail"));
  manifest.separator = json.at("separator").get<std::vector<std::int32_t>>();
  manifest.input_path = json.at("input_path").get<std::vector<std::string>>();
  manifest.output_path = json.at("output_path");
  manifest.settings = json.at("settings");
  for (const Json& source : json.at("sources")) {
    manifest.sources.push_back(
        {source.at("name"), source.at("digest"), shard_of(source), source.value("left_out", false)});
  }
  if (json.contains("rests")) manifest.rests = shard_of(json.at("rests"));
  return manifest;
}

}  // namespace

const char* tail_name(Tail tail) { return kTails[static_cast<std::size_t>(tail)]; }

Tail tail_of(const std::string& name) {
  for (const Tail tail : {Tail::drop, Tail::pad, Tail::join}) {
    if (name == tail_name(tail)) return tail;
  }
  throw formats::FormatError("tail is '" + name + "' when it should be drop, pad or join");
}

const PackedSource* Manifest::find(const std::string& name) const {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const PackedSource& source) { return source.name == name; });
  return found == sources.end() ? nullptr : &*found;
}

std::uint64_t used_sequences(std::uint64_t tokens, std::int64_t length, Tail tail) {
  return tail == Tail::pad ? sequences_of(tokens, length) : tokens / static_cast<std::uint64_t>(length);
}

Manifest::Totals Manifest::totals(std::size_t split) const {
  Totals totals;
  const auto add = [&](const PackedShard& shard, bool is_source) {
    const std::uint64_t sequences = used_sequences(shard.tokens[split], length, tail);
    totals.shards += sequences > 0 ? 1 : 0;
    totals.sequences += sequences;
    totals.samples += is_source ? shard.documents[split] : 0;
    totals.tokens += std::min(shard.tokens[split], sequences * static_cast<std::uint64_t>(length));
  };
  for (const PackedSource& source : sources) {
    if (!source.left_out) add(source.shard, true);
  }
  if (rests) add(*rests, false);
  return totals;
}

std::string to_text(const Manifest& manifest) {
  Ordered json = {{"format", kShardFormat},
                  {"version", kVersion},
                  {"tokenizer", manifest.tokenizer},
                  {"tokenizer_digest", manifest.tokenizer_digest},
                  {"tokenizer_identity", manifest.tokenizer_text},
                  {"max_seq_length", manifest.length},
                  {"labels_shifted", false},
                  {"boundaries", "documents/begin"},
                  {"tail", tail_name(manifest.tail)},
                  {"separator", manifest.separator},
                  {"input_path", manifest.input_path},
                  {"output_path", manifest.output_path},
                  {"settings", manifest.settings}};
  Ordered sources = Ordered::array();
  std::size_t processed = 0;
  for (const PackedSource& source : manifest.sources) {
    sources.push_back(source_json(source));
    processed += source.left_out ? 0 : 1;
  }
  json["files_processed"] = processed;
  json["splits"] = splits_json(manifest);
  json["sources"] = std::move(sources);
  if (manifest.rests) json["rests"] = shard_json(*manifest.rests);
  return json.dump(2, ' ', false, Ordered::error_handler_t::replace) + "\n";
}

Manifest manifest_of(const std::string& text, const std::string& name) {
  const Json json = formats::parse_json(text, name, kLimits);
  try {
    return manifest_of_json(json);
  } catch (const formats::FormatError& error) {
    throw formats::FormatError(name + " is no manifest of packed data: " + error.what());
  } catch (const Json::exception& error) {
    throw formats::FormatError(name + " is no manifest of packed data: " + error.what());
  }
}

std::optional<Manifest> read_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kManifestName;
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    return manifest_of_json(formats::read_json_file(path, kLimits));
  } catch (const Json::exception& error) {
    throw formats::FormatError(path.string() + " is no manifest of packed data: " + error.what());
  } catch (const formats::FormatError& error) {
    const std::string said = error.what();
    throw formats::FormatError(
        said.find(path.string()) == 0 ? said : path.string() + " is no manifest of packed data: " + said);
  }
}

void write_manifest(const std::filesystem::path& folder, const Manifest& manifest) {
  files::write_file(folder / kManifestName, to_text(manifest));
}

std::string shard_path(const std::string& source) {
  const std::filesystem::path path = source;
  const bool leads_out = path.empty() || path.is_absolute() || !path.has_filename() ||
                         path.lexically_normal().string() != source || *path.begin() == ".." ||
                         *path.begin() == ".";
  if (leads_out || source.size() > kLongestName || source.find('\0') != std::string::npos) {
    throw formats::FormatError("source " + formats::printable(source) +
                               " is no path that a shard can be named from");
  }
  return std::string(kShardsFolder) + "/" + source + ".h5";
}

}  // namespace gistmill::packed
