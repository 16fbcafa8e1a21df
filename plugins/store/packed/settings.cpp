#include "plugins/store/packed/settings.hpp"

#include <optional>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/json.hpp>

#include "plugins/store/common/provenance.hpp"

namespace gistmill::packed {
namespace {

using Json = nlohmann::json;

// The instance that the documents come from: its contents are the sources', which have digests of their own.
std::string source_of(const Json& calls) {
  for (const Json& call : calls) {
    if (call.at("reads").empty()) return store::instance_of_call(call);
  }
  return "";
}

// The provenance without the contents of the sources, and without options that change no shard.
Json settings_of(Json made, const PackOptions& options) {
  const Json& calls = made.at("calls");
  const std::string source = source_of(calls);
  const std::string packs = calls.empty() ? "" : store::instance_of_call(calls.back());
  Json instances = made.at("instances");
  if (instances.contains(source)) instances[source].erase("contents");
  if (instances.contains(packs))
    instances[packs]["options"] = {{"max_seq_length", options.length}, {"separator", options.separator}};
  return {{"calls", calls}, {"instances", instances}, {"seed", made.value("seed", Json())}};
}

// What the source's option `files` names, as the recipe has it.
std::vector<std::string> input_path(const Json& made) {
  const Json files = made.value("files", Json::object());
  const Json options = files.value(source_of(made.at("calls")), Json::object());
  const Json paths = options.value("files", Json::array());
  return paths.is_array() ? paths.get<std::vector<std::string>>() : std::vector<std::string>();
}

}  // namespace

PackProvenance pack_provenance(const std::string& provenance) {
  Json made = Json::parse(provenance, nullptr, false);
  const bool again = made.is_object() && made.value("again", false);
  if (!again) return {provenance, false};
  made.erase("again");
  return {made.dump(), true};
}

Manifest empty_manifest(const PackOptions& options, const std::string& provenance) {
  Manifest manifest;
  manifest.length = options.length;
  manifest.tail = options.tail;
  manifest.separator = options.separator;
  manifest.output_path = options.folder;
  if (const std::optional<store::TokenizerIdentity> tokenizer = store::tokenizer_identity(provenance)) {
    manifest.tokenizer = tokenizer->model.empty() ? tokenizer->component : tokenizer->model;
    manifest.tokenizer_digest = tokenizer->contents;
    manifest.tokenizer_text = tokenizer->text();
  }
  Json settings = provenance;  // of another program: as it is
  try {
    const Json made = formats::parse_json(provenance, "provenance");
    settings = settings_of(made, options);
    manifest.input_path = input_path(made);
  } catch (const Json::exception&) {  // it says less
  }
  manifest.settings = formats::sha256_hex(settings.dump());
  return manifest;
}

}  // namespace gistmill::packed
