// Reads a label file that may come from anyone: every length is checked before it is used. The file is
// mapped, so snapshots cost what is read of them. Threads may share it.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/mapped_file.hpp>

#include "plugins/focus/common/working_context.hpp"
#include "plugins/store/focus-labels/layout.hpp"

namespace gistmill::labels {

struct StoredSession {
  std::string name;
  std::int32_t number = 0;  // as the preparation counted it
  std::int64_t length = 0;  // tokens
  std::uint64_t token = 0;  // first row of each column
  std::uint64_t level_1 = 0;
  std::uint64_t level_2 = 0;
};

struct StoredSnapshot {
  std::uint64_t session = 0;                   // place among the sessions
  float base_loss = 0;                         // nats a token; NaN: not measured
  focus::EntryArrays arrays;                   // N entries, with cursor, budget, protected tail
  std::vector<float> utility_nll, utility_kl;  // [N, 2] expand, collapse; NaN: not legal, or not measured
};

class LabelReader {
 public:
  // Throws FormatError with the path.
  explicit LabelReader(const std::filesystem::path& path);

  const Header& header() const { return header_; }
  const std::string& digest() const { return digest_; }
  const std::string& provenance() const { return provenance_; }
  const std::vector<StoredSession>& sessions() const { return sessions_; }
  std::uint64_t snapshots() const { return rows_[session_of_snapshot]; }
  std::uint64_t session_of(std::uint64_t snapshot) const { return owners_[snapshot]; }

  // Throws FormatError where the entries are no working context of the session.
  StoredSnapshot read(std::uint64_t snapshot) const;
  // tokens [begin, begin + count) of a session; the caller stays within its length.
  std::vector<std::int32_t> tokens(std::uint64_t session, std::int64_t begin, std::int64_t count) const;
  // The vector [D] of a node that is complete within the session: of a block (level 0) that of its gist.
  void read_vector(std::uint64_t session, std::int32_t level, std::int64_t start, float* out) const;

  // Compares all of the content with the digest. Throws FormatError.
  void verify() const;

 private:
  void read_header();
  void read_sessions(hid_t file);
  void read_columns(hid_t file);
  template <class T>
  T number(Column column, std::uint64_t row) const;
  template <class T>
  std::vector<T> numbers(Column column, std::uint64_t first, std::uint64_t count) const;
  [[noreturn]] void fail(const std::string& what) const;

  std::filesystem::path path_;
  formats::MappedFile map_;
  Header header_;
  std::string digest_;
  std::string provenance_;
  std::array<ColumnLayout, kColumns> columns_;
  std::array<std::uint64_t, kColumns> begins_{};  // in the file
  std::array<std::uint64_t, kColumns> rows_{};
  std::vector<StoredSession> sessions_;
  std::vector<std::uint64_t> owners_;       // [snapshot]
  std::vector<std::uint64_t> first_entry_;  // [snapshots + 1]
};

}  // namespace gistmill::labels
