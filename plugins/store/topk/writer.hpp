// Writes a teacher cache, which appears under its name with commit() or not at all: what is appended waits in
// files beside it (parts.hpp). Before it appears it is read back. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/common/assembly.hpp"
#include "plugins/store/common/parts.hpp"
#include "plugins/store/topk/codec.hpp"
#include "plugins/store/topk/layout.hpp"

namespace gistmill::topk {

struct Sequence {
  std::int32_t number = 0;
  const std::int32_t* ids = nullptr;       // [T]
  const std::int32_t* topk_ids = nullptr;  // [T, Q]
  const float* log_probability = nullptr;  // [T, Q], descending
};

// How many of the first sequences are compared after writing, and how far off they may be, in nats.
struct Gate {
  std::int64_t sequences = 0;
  double tolerance = 0;
};

struct Written {
  std::uint64_t sequences = 0;
  double bytes_per_token = 0;
  double excess = 0;  // of the stored distributions, mean over the rows that were compared
};

// What was appended, for one that goes on.
struct Kept {
  std::uint64_t sequences = 0;
  std::string digest;  // of all of them, a chain
};

class TopkWriter {
 public:
  // Throws files::FileError where the folder takes no files.
  TopkWriter(std::filesystem::path path, Header header, std::string provenance, Gate gate);
  // Goes on from what keep() left. Throws FormatError where that is missing or damaged.
  TopkWriter(std::filesystem::path path, Header header, std::string provenance, Gate gate, const Kept& kept);

  // Makes what was appended durable: it stays for another process to go on from, whatever becomes of this
  // one. Throws files::FileError.
  Kept keep();

  // Throws FormatError: a sequence that came before, a negative id, values that are no logarithms of
  // probabilities, or do not descend.
  void append(const Sequence& sequence);

  // Throws FormatError where nothing was appended, or what is read back is further off than the gate allows.
  Written commit();

  const Header& header() const { return header_; }

 private:
  // A data set over the sequences, whose bytes wait in a file.
  struct Column {
    std::string name;
    hid_t type = 0;
    std::vector<hsize_t> row;  // shape of one sequence
    std::size_t bytes = 0;     // of one sequence, as they wait
    files::Descriptor spool;
    bool narrow = false;  // uint32 that are written as uint16
  };
  TopkWriter(std::filesystem::path path, Header header, std::string provenance, Gate gate, const Kept& kept,
             store::Parts::From from);
  void read_kept(const Kept& kept);
  std::uint64_t checked() const;  // sequences whose logarithms wait for the gate
  void check(const Sequence& sequence) const;
  void put(Column& column, const void* data, formats::Sha256& link);
  void write(const std::filesystem::path& path);
  double compare(const std::filesystem::path& path) const;
  formats::hdf5::MemoryFile make_image(const std::string& digest, std::vector<store::Hole>& holes);
  void copy(const Column& column, const store::Take& take) const;

  std::filesystem::path path_;
  Header header_;
  std::string provenance_;
  Gate gate_;
  store::Parts parts_;
  std::vector<Column> columns_;
  files::Descriptor exact_;  // logarithms of the first sequences, as the teacher gave them: f32 [n, T, Q]
  std::uint64_t count_ = 0;
  std::int32_t largest_ = 0;
  std::set<std::int32_t> seen_;
  formats::Sha256 sha_;
  std::string chain_;  // of each sequence's bytes and the chain before them: as far as it goes, unlike sha_
};

}  // namespace gistmill::topk
