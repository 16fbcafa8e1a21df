// Writes a label file, which appears under its name with commit() or not at all: what is appended waits in
// files beside it (store/common/parts.hpp). One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/files/descriptor.hpp>

#include "plugins/focus/common/entries.hpp"
#include "plugins/store/common/assembly.hpp"
#include "plugins/store/common/parts.hpp"
#include "plugins/store/focus-labels/layout.hpp"

namespace gistmill::labels {

// A working context at one cursor, with what each swap of it is worth.
struct Snapshot {
  std::int32_t session = 0;              // a number; those of one session follow one another
  std::string_view name;                 // of the session's document
  focus::Entries entries;                // with block, cursor, budget, protected tail
  const std::int32_t* tokens = nullptr;  // [cursor], the history
  const float* level_1 = nullptr;        // [cursor / K, D], vectors of the tree
  const float* level_2 = nullptr;        // [cursor / K^2, D]
  float base_loss = 0;                   // of the H tokens behind the cursor, nats a token
  const float* utility_nll = nullptr;    // [N, 2] expand, collapse; NaN: not legal, or not measured
  const float* utility_kl = nullptr;     // the same, or null: not measured
};

// What was appended, for one that goes on.
struct Kept {
  std::uint64_t sessions = 0;
  std::uint64_t snapshots = 0;
  std::string digest;
};

class LabelWriter {
 public:
  // Throws files::FileError where the folder takes no files.
  LabelWriter(std::filesystem::path path, Header header, std::string provenance);
  // Goes on from what keep() left. Throws FormatError where that is missing or damaged.
  LabelWriter(std::filesystem::path path, Header header, std::string provenance, const Kept& kept);

  // Makes what was appended durable: it stays for another process to go on from. Throws files::FileError.
  Kept keep();

  // Throws FormatError: entries that do not tile the history; a utility that is infinite, or of a swap that
  // is not legal; a session that came before; a history that is not the earlier one of its session, grown.
  void append(const Snapshot& snapshot);

  // Throws FormatError where nothing was appended.
  void commit();

  const Header& header() const { return header_; }
  std::uint64_t snapshots() const { return rows_[session_of_snapshot]; }
  std::uint64_t sessions() const { return names_.size(); }

 private:
  LabelWriter(std::filesystem::path path, Header header, std::string provenance, const Kept& kept,
              store::Parts::From from);
  void open_parts(const Kept& kept);
  void read_kept(const Kept& kept);
  void check(const Snapshot& snapshot) const;
  void check_history(const Snapshot& snapshot) const;
  void begin_session(const Snapshot& snapshot);
  void put(Column column, const void* data, std::uint64_t rows);
  void put_number(Column column, std::int64_t number);
  template <class T>
  std::vector<T> read(Column column, std::uint64_t first, std::uint64_t count) const;
  std::string digest() const;
  formats::hdf5::MemoryFile make_image(std::vector<store::Hole>& holes) const;
  void copy_column(Column column, const Take& take) const;

  std::filesystem::path path_;
  Header header_;
  std::string provenance_;
  store::Parts parts_;
  std::array<ColumnLayout, kColumns> columns_;
  std::array<files::Descriptor, kColumns> spools_;
  std::array<std::uint64_t, kColumns> rows_{};
  std::vector<std::string> names_;     // [session]
  std::vector<std::int32_t> numbers_;  // [session], as the snapshots have them
  std::vector<std::int32_t> lengths_;  // [session], tokens
  std::vector<std::int32_t> tokens_;   // of the last session
  std::vector<float> level_1_, level_2_;
};

}  // namespace gistmill::labels
