// store/packed: documents into sequences of one length, one shard a source, in a folder that keeps what is
// there. The formats are in shard_writer.cpp and manifest.cpp; this says when.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <gistmill/files/lock.hpp>
#include <gistmill/plugin.hpp>

#include "plugins/store/packed/manifest.hpp"
#include "plugins/store/packed/settings.hpp"
#include "plugins/store/packed/shard_writer.hpp"

namespace gistmill::packed {

class PackedStore {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit PackedStore(const Options& options);

  ~PackedStore();
  PackedStore(const PackedStore&) = delete;
  PackedStore& operator=(const PackedStore&) = delete;

  // Throws Error: USER where the folder holds sequences of another tokenizer or length; UNAVAILABLE where
  // nothing can be written, or another process packs into the folder; MISUSE.
  void begin(const std::string& path, const std::string& provenance);
  // tokens: [N]; name: [M] bytes of UTF-8; split: [], 0 or 1, -1: the file is packed already and has no text
  // here; file: [F] name of the file that the document is from, file_digest: its SHA-256. The documents of a
  // file come one after the other.
  void append(const Tensor& tokens, const Tensor& name, const Tensor& split, const Tensor& file,
              const Tensor& file_digest);
  void commit();
  // path: [P], an index that was committed -> defect: [D], what is wrong with it or with its folder
  // (defect_of).
  Tensor check(const Tensor& path) const;

 private:
  void lock_folder();
  std::optional<Manifest> what_was_packed(const std::string& index) const;
  void check_folder(const Manifest& found) const;
  void keep_sources(Manifest found);
  bool is_there(const PackedSource& source) const;
  void begin_source(const std::string& file, const std::string& digest, bool marked);
  void finish_source();
  void note_progress();
  void make_rests();
  void leave_out_others();

  PackOptions options_;
  bool replaces_;
  std::optional<files::Lock> lock_;  // of the folder, from begin to commit or the end
  std::string path_;                 // of the index; empty: none was begun
  std::string provenance_;
  Manifest manifest_;
  std::set<std::string> seen_;  // sources of this preparation
  std::string source_;          // the one that documents come from
  std::string source_digest_;
  std::unique_ptr<ShardWriter> writer_;             // null where that source is packed already
  std::uint64_t packed_ = 0;                        // sources that were packed now
  std::chrono::steady_clock::time_point noted_at_;  // when the manifest was written
  bool is_noted_ = true;                            // it has every finished source
};

}  // namespace gistmill::packed
