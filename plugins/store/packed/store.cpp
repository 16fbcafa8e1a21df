// When a shard begins and ends, and what of a folder is kept.
#include "plugins/store/packed/store.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include <gistmill/files/error.hpp>
#include <gistmill/formats/error.hpp>

#include "plugins/store/common/translated.hpp"
#include "plugins/store/packed/index.hpp"
#include "plugins/store/packed/presence.hpp"
#include "plugins/store/packed/rests.hpp"

namespace gistmill::packed {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kNoteEvery{1};

PackOptions pack_options(const Options& options) {
  PackOptions packed;
  packed.folder = options.string("folder");
  if (packed.folder.empty()) throw Error(GM_ERROR_USER, "folder is \"\" when it should be a path", "folder");
  packed.length = options.integer("max_seq_length");
  for (const std::int64_t id : options.integers("separator"))
    packed.separator.push_back(static_cast<std::int32_t>(id));
  packed.tail = tail_of(options.string("tail"));
  return packed;
}

std::string text_of(const Tensor& bytes) {
  const auto* data = bytes.data<std::uint8_t>();
  return {data, data + bytes.size()};
}

}  // namespace

PackedStore::PackedStore(const Options& options)
    : options_(pack_options(options)), replaces_(options.boolean("replace")) {}

void PackedStore::begin(const std::string& path, const std::string& provenance) {
  if (!path_.empty()) throw Error(GM_ERROR_MISUSE, "begin was called while another file is being written");
  const PackProvenance told = pack_provenance(provenance);
  replaces_ = replaces_ || told.again;
  manifest_ = empty_manifest(options_, told.text);
  store::translated("folder", [&] {
    fs::create_directories(options_.folder);
    lock_folder();
    if (std::optional<Manifest> found = replaces_ ? std::nullopt : what_was_packed(path)) {
      check_folder(*found);
      keep_sources(std::move(*found));
    }
    write_manifest(options_.folder, manifest_);  // before a source asks what is there
  });
  noted_at_ = std::chrono::steady_clock::now();
  is_noted_ = true;
  path_ = path;
  provenance_ = told.text;
}

void PackedStore::lock_folder() {
  const fs::path file = files::lock_beside(options_.folder);
  lock_ = files::Lock::take(file);
  if (lock_) return;
  const int holder = files::Lock::holder(file);
  throw Error(GM_ERROR_UNAVAILABLE,
              "'" + options_.folder + "' is being packed by " +
                  (holder == 0 ? "another process" : "process " + std::to_string(holder)) +
                  "; wait until it has ended, or take another folder");
}

// By its manifest, or by an earlier index where that was lost or damaged.
std::optional<Manifest> PackedStore::what_was_packed(const std::string& index) const {
  std::exception_ptr damage;
  try {
    if (std::optional<Manifest> found = read_manifest(options_.folder)) return found;
  } catch (const formats::FormatError&) {
    damage = std::current_exception();
  }
  try {
    if (fs::exists(index)) return read_index(index).manifest;
  } catch (const formats::FormatError&) {  // that says nothing either
  }
  if (damage) std::rethrow_exception(damage);
  return std::nullopt;
}

void PackedStore::check_folder(const Manifest& found) const {
  if (found.sources.empty()) return;
  const std::string instead = "; take another folder, or pack all again with replace = true";
  if (found.tokenizer_text != manifest_.tokenizer_text) {
    throw Error(GM_ERROR_USER,
                "'" + options_.folder + "' is packed with " + found.tokenizer_text + " of '" +
                    found.tokenizer + "' when this recipe has " + manifest_.tokenizer_text + " of '" +
                    manifest_.tokenizer + "'" + instead,
                "folder");
  }
  if (found.length != options_.length) {
    throw Error(GM_ERROR_USER,
                "'" + options_.folder + "' is packed with max_seq_length " + std::to_string(found.length) +
                    " when this recipe has " + std::to_string(options_.length) + instead,
                "max_seq_length");
  }
}

bool PackedStore::is_there(const PackedSource& source) const {
  try {
    open_shard(options_.folder, manifest_, source.shard);
    return true;
  } catch (const formats::FormatError&) {
    return false;
  }
}

void PackedStore::keep_sources(Manifest found) {
  if (found.settings != manifest_.settings) {
    if (!found.sources.empty()) {
      log(GM_LOG_INFO, "'" + options_.folder + "' was packed with other options or another build: all " +
                           std::to_string(found.sources.size()) + " files are packed again");
    }
    return;
  }
  for (PackedSource& source : found.sources) {
    if (is_there(source)) manifest_.sources.push_back(std::move(source));
  }
}

void PackedStore::append(const Tensor& tokens, const Tensor& name, const Tensor& split, const Tensor& file,
                         const Tensor& file_digest) {
  if (path_.empty()) throw Error(GM_ERROR_MISUSE, "a store was used before begin");
  const std::string source = text_of(file);
  const std::int32_t side = *split.data<std::int32_t>();
  if (seen_.empty() || source != source_) begin_source(source, text_of(file_digest), side < 0);
  if (!writer_) return;
  std::vector<std::int32_t> ids(tokens.data<std::int32_t>(), tokens.data<std::int32_t>() + tokens.size());
  if (!ids.empty()) ids.insert(ids.end(), options_.separator.begin(), options_.separator.end());
  store::translated("tokens", [&] { writer_->append(ids.data(), ids.size(), text_of(name), side); });
}

void PackedStore::begin_source(const std::string& file, const std::string& digest, bool marked) {
  finish_source();
  if (!seen_.insert(file).second)
    throw Error(GM_ERROR_USER, "documents of '" + file + "' come in two places", "file");
  source_ = file;
  source_digest_ = digest;
  const PackedSource* known = manifest_.find(file);
  if (known != nullptr && known->digest == digest) return;
  if (marked) {
    throw Error(GM_ERROR_USER,
                "'" + file + "' is said to be packed, but not in '" + options_.folder +
                    "'; let the source's option packed name the same folder",
                "file");
  }
  store::translated("folder", [&] {
    const fs::path path = fs::path(options_.folder) / shard_path(file);
    fs::create_directories(path.parent_path());
    writer_ = std::make_unique<ShardWriter>(
        path, ShardHeader{options_.length, file, digest, manifest_.tokenizer_text});
  });
}

void PackedStore::finish_source() {
  if (!writer_) return;
  store::translated("folder", [&] {
    PackedSource source;
    source.name = source_;
    source.digest = source_digest_;
    source.shard.path = shard_path(source_);
    source.shard.digest = writer_->commit();
    for (std::size_t split = 0; split < kSplits; ++split) {
      source.shard.tokens[split] = writer_->counts()[split].tokens;
      source.shard.documents[split] = writer_->counts()[split].documents;
    }
    writer_.reset();
    std::erase_if(manifest_.sources, [&](const PackedSource& other) { return other.name == source.name; });
    const auto place =
        std::upper_bound(manifest_.sources.begin(), manifest_.sources.end(), source,
                         [](const PackedSource& a, const PackedSource& b) { return a.name < b.name; });
    manifest_.sources.insert(place, std::move(source));
    manifest_.rests.reset();
    note_progress();
    ++packed_;
  });
}

// Not for each source: a folder of many small files would write little else.
void PackedStore::note_progress() {
  const auto now = std::chrono::steady_clock::now();
  is_noted_ = now - noted_at_ >= kNoteEvery;
  if (!is_noted_) return;
  write_manifest(options_.folder, manifest_);
  noted_at_ = now;
}

PackedStore::~PackedStore() {
  if (path_.empty()) return;
  try {
    if (!is_noted_) write_manifest(options_.folder, manifest_);
    if (packed_ > 0) {
      log(GM_LOG_INFO, std::to_string(packed_) + " files that were finished stay packed in '" +
                           options_.folder + "'; the next preparation goes on from there");
    }
  } catch (const std::exception&) {  // what was finished since is packed again
  }
}

// What is no longer among the files stays in the folder, for they may come back.
void PackedStore::leave_out_others() {
  std::size_t count = 0;
  for (PackedSource& source : manifest_.sources) {
    source.left_out = !seen_.contains(source.name);
    count += source.left_out ? 1 : 0;
  }
  if (count > 0) {
    log(GM_LOG_WARNING, std::to_string(count) + " files of '" + options_.folder +
                            "' are no longer among those that are packed, and are not read");
  }
}

void PackedStore::make_rests() {
  manifest_.rests.reset();
  if (options_.tail == Tail::join) manifest_.rests = join_rests(options_.folder, manifest_);
}

void PackedStore::commit() {
  if (path_.empty()) throw Error(GM_ERROR_MISUSE, "a store was used before begin");
  finish_source();
  store::translated("folder", [&] {
    leave_out_others();
    make_rests();
    if (manifest_.totals(0).sequences + manifest_.totals(1).sequences == 0) {
      throw Error(GM_ERROR_USER,
                  "no sequence of " + std::to_string(options_.length) + " tokens in " +
                      std::to_string(seen_.size()) +
                      " files; take a smaller max_seq_length, or tail = \"pad\"",
                  "max_seq_length");
    }
    write_manifest(options_.folder, manifest_);
    write_index(path_, {options_.folder, manifest_, provenance_});
  });
  log(GM_LOG_INFO, std::to_string(packed_) + " files packed in '" + options_.folder + "', " +
                       std::to_string(seen_.size() - packed_) + " were there already");
  path_.clear();
  seen_.clear();
  packed_ = 0;
  lock_.reset();
}

Tensor PackedStore::check(const Tensor& path) const {
  const std::string defect = defect_of(text_of(path));
  return Tensor::of(std::vector<std::uint8_t>(defect.begin(), defect.end()),
                    {static_cast<std::int64_t>(defect.size())});
}

}  // namespace gistmill::packed
