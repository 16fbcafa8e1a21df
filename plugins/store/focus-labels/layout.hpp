// What writer and reader of a label file agree on; docs/label-file.md is the same in words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/common/assembly.hpp"

namespace gistmill::labels {

constexpr char kFormat[] = "gistmill-focus-labels";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kLongestName = 1024;  // bytes, of a session
constexpr std::size_t kLongestText = 4096;  // bytes, of a fingerprint

// What all snapshots of a file have in common. The fingerprints are for people, and to compare by:
// component, options, and the beginning of the digest of what it read; "unknown" where nobody says.
struct Header {
  std::int64_t block = 32;    // K, tokens
  std::int64_t horizon = 64;  // H, tokens whose loss the labels are about
  std::int64_t hidden = 0;    // D, of the tree's vectors
  std::string position;       // place of a gist in its span: "center"
  std::string teacher;        // that measured
  std::string gistnet;        // that made the vectors
  std::string corpus;         // whose sessions they are
};

// The columns, in the order of the file. What a column has a row for is the second half of its name.
enum Column : std::size_t {
  name_of_session,
  number_of_session,
  token,
  vector_of_level_1,
  vector_of_level_2,
  session_of_snapshot,
  cursor_of_snapshot,
  budget_of_snapshot,
  protected_of_snapshot,
  base_loss_of_snapshot,
  entries_of_snapshot,
  level_of_entry,
  start_of_entry,
  residency_of_entry,
  last_action_of_entry,
  nll_of_entry,
  kl_of_entry,
  kColumns
};

struct ColumnLayout {
  const char* path;          // "/entry/level"
  hid_t type;                // in the file
  std::vector<hsize_t> row;  // shape of one row
  std::size_t bytes;         // of one row
};

// [Column]; the name's width is that of the writer's part, and narrower in the file.
std::array<ColumnLayout, kColumns> columns_of(const Header& header);

// SHA-256 of the content. `names`: of the sessions; `bytes(column, take)` gives the bytes of a column, of all
// but name_of_session, piece by piece to `take`.
using store::Take;
std::string digest_of(const Header& header, const std::vector<std::string>& names,
                      const std::function<void(Column, const Take&)>& bytes);

}  // namespace gistmill::labels
