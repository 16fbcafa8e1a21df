// Makes a gist store, or appends to one. What is appended becomes part of the store with commit(); until
// then, and after a kill at any moment, the store is what it was. One process at a time (a lock beside the
// file), one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/files/lock.hpp>

#include "plugins/store/gists/index.hpp"

namespace gistmill::gists {

class GistWriter {
 public:
  // Makes an empty store at `path`, which appears whole or not at all. Throws FileError.
  static void make(const std::filesystem::path& path, const Shape& shape, std::string_view about);
  // Opens the one at `path`; cuts off what a killed writer left behind its end. Throws FileError; FormatError
  // where it is no store, or another process writes it.
  explicit GistWriter(std::filesystem::path path);
  GistWriter(const GistWriter&) = delete;
  GistWriter& operator=(const GistWriter&) = delete;

  const Shape& shape() const { return slot_.shape; }
  const std::string& about() const { return about_; }
  const std::vector<std::string>& names() const { return names_; }
  const DocumentRows& rows(std::uint32_t document) const { return index_.documents().at(document); }
  std::uint64_t row_count() const { return rows_; }

  // Number of the document of this name, a new one where there is none. Throws FormatError where there is no
  // room for more, or the name is too long or empty.
  std::uint32_t document(const std::string& name);

  // ids: [K], gist: f32[G, D], offsets: [G]; kept: [K], 1 for tokens that stay beside the gist, or null.
  // Block number `block` of a document, its next one or one that is there. Throws FormatError for values that
  // no store can hold, FileError; after that the writer is of no use, and the store is as it was committed.
  void append_block(std::uint32_t document, std::uint32_t block, const std::int32_t* ids, const float* gist,
                    const std::int32_t* offsets, std::uint64_t compressor,
                    const std::uint8_t* kept = nullptr);
  // gist: f32[G, D], offsets: [G], in tokens: of the K blocks of group number `group`, which are there.
  // Throws as append_block.
  void append_group(std::uint32_t document, std::uint32_t group, const float* gist,
                    const std::int32_t* offsets, std::uint64_t compressor);
  // The tokens behind a document's blocks, instead of those that stood there.
  void append_tail(std::uint32_t document, const std::vector<std::int32_t>& ids);

  // A row of another store of the same shape, as it is. Its document has the same number here.
  void append_row_of(const GistWriter& other, std::uint64_t row);

  // Makes everything durable and visible. Throws FileError.
  void commit();

  // A row that was appended or was there before. As GistReader::read.
  RowHead read(std::uint64_t row, std::int32_t* ids, float* gist, std::int32_t* offsets) const;

 private:
  // A row of `tokens` ids, level 0 and no gist, whose text goes on from `before`.
  std::vector<char> row_of(std::uint32_t document, std::uint32_t block, const std::int32_t* ids,
                           std::size_t tokens, std::uint64_t before) const;
  std::uint64_t text_before(std::uint32_t document, std::uint32_t block) const;
  void put_gists(std::vector<char>& row, const std::string& name, std::uint32_t tokens, const float* gist,
                 const std::int32_t* offsets) const;
  void append(std::vector<char>& row);
  std::vector<char> bytes_of(std::uint64_t row) const;
  void expect_open() const;
  void write_at(const void* data, std::size_t size, std::uint64_t at);
  void sync();
  void tell_hdf5();
  void open();
  void take_over();
  [[noreturn]] void fail(const char* action, int error);

  std::filesystem::path path_;
  std::optional<files::Lock> lock_;
  Slot slot_;  // as committed; its names also of documents that are not
  RowLayout layout_;
  std::string about_;
  std::vector<std::string> names_;
  GistIndex index_;
  files::Descriptor file_;
  std::uint64_t rows_ = 0;  // committed or not
};

}  // namespace gistmill::gists
