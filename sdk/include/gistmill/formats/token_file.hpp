// Tokenized documents in one HDF5 file: what a store writes and training reads. docs/token-file.md has the
// layout. Not a cache of anything else, and not a tokenizer: ids come in and go out as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gistmill/formats/error.hpp"

namespace gistmill::formats {

constexpr std::int32_t kTrainSplit = 0;
constexpr std::int32_t kValidationSplit = 1;

// A file could not be written: no space, no permission. The path is in the message. Trying again may help.
struct WriteError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Writes one token file, which appears under its name with commit() or not at all. What is appended waits in
// an unnamed file of the same folder, so a process that dies leaves nothing behind. One thread at a time.
class TokenFileWriter {
 public:
  // provenance: a JSON object, kept as it is. Throws WriteError where the folder takes no files, FormatError
  // where provenance is no JSON.
  TokenFileWriter(std::filesystem::path path, std::string provenance);
  ~TokenFileWriter();
  TokenFileWriter(const TokenFileWriter&) = delete;
  TokenFileWriter& operator=(const TokenFileWriter&) = delete;

  // One document of `count` ids; no ids is legal. Throws FormatError on a negative id, another split than 0
  // or 1, or a name of more than 1024 bytes; WriteError when the disk is full.
  void append(const std::int32_t* tokens, std::size_t count, std::string_view name, std::int32_t split);

  // Durable and visible when it returns; replaces an older file. Throws FormatError where nothing was
  // appended, WriteError otherwise; then the folder is as before.
  void commit();

 private:
  class State;
  std::unique_ptr<State> state_;
};

// Reads one token file. Everything but the ids is checked on opening and then held in memory; ids are
// checked as they are read. read() and the getters may be called by any thread, unless the file is chunked.
class TokenFileReader {
 public:
  // Throws FormatError: missing, damaged, truncated, another format or version.
  explicit TokenFileReader(const std::filesystem::path& path);
  ~TokenFileReader();
  TokenFileReader(TokenFileReader&&) noexcept;
  TokenFileReader& operator=(TokenFileReader&&) noexcept;

  std::size_t documents() const;
  std::uint64_t tokens() const;  // of all documents
  std::uint64_t length(std::size_t document) const;
  std::int32_t split(std::size_t document) const;
  std::string_view name(std::size_t document) const;
  std::int32_t largest_token() const;
  const std::string& provenance() const;
  // SHA-256 of names, splits, lengths and ids, as written in the file.
  const std::string& digest() const;

  // Ids [begin, begin + count) of a document into out[count]. Throws std::out_of_range beyond the document,
  // FormatError where an id is larger than the file says.
  void read(std::size_t document, std::uint64_t begin, std::size_t count, std::int32_t* out) const;

  // Reads everything and compares with the digest: about a second a gigabyte. Throws FormatError.
  void verify() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace gistmill::formats
