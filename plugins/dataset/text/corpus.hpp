// Text files as documents: finding them, cutting them, and who is held out. Knows nothing of tokens or the
// ABI; plugin.cpp ties it to an operation.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill::dataset {

struct CorpusOptions {
  std::vector<std::string> files;       // files, folders (searched to the bottom), or globs
  std::vector<std::string> extensions;  // of files found in folders, with the dot; empty: all
  std::string separator;                // between documents of one file; empty: a file is a document
  std::string skip_until;               // everything up to the first line that starts so is dropped
  double validation = 0.1;              // share of groups that are held out, unless hold_out says which
  std::vector<std::string> hold_out;    // globs over names of groups
  std::string group = "file";  // "file", "document", or the text that ends the group in a file's name
  std::string salt;            // another salt, another split
};

// One file, under a name that does not depend on where the corpus lies: the folder that was asked for, then
// the path in it ("novels/emma__01.txt").
struct CorpusFile {
  std::string name;
  std::filesystem::path path;
};

struct Document {
  std::string name;  // the file's, and "#2" where the file holds several documents
  std::string text;  // UTF-8, LF line ends, not blank
  std::int32_t split = 0;
};

// The files that the options name, in order of their names. Throws Error(GM_ERROR_USER, key "files").
std::vector<CorpusFile> find_files(const CorpusOptions& options);

// The group that a document belongs to: what is held out is held out as a whole.
std::string group_of(const CorpusOptions& options, const std::string& file, const std::string& document);

// 0 train, 1 validation: by the salt and the group's name alone, so that order and other files never matter.
std::int32_t split_of(const CorpusOptions& options, const std::string& group);

// Documents one after another, one file in memory at a time.
class Corpus {
 public:
  // Finds files and looks at their names, not into them. Throws Error(GM_ERROR_USER) with the option's key:
  // no file found, or a split that leaves one side without any group.
  explicit Corpus(CorpusOptions options);

  const std::vector<CorpusFile>& files() const { return files_; }

  // SHA-256 of names and contents. Reads every file.
  std::string digest() const;

  // False at the end. Throws Error: a file that cannot be read or is no text; or an end without a document.
  bool next(Document& document);

  // Documents given so far; seek(n) continues after the n-th.
  std::uint64_t position() const { return position_; }
  void seek(std::uint64_t position);

  std::uint64_t replaced() const { return replaced_; }  // ill-formed sequences in files read so far

 private:
  void load(const CorpusFile& file);
  void check_split() const;

  CorpusOptions options_;
  std::vector<CorpusFile> files_;
  std::size_t next_file_ = 0;
  std::vector<Document> waiting_;  // of the file that was read last, in reverse order
  std::uint64_t position_ = 0;
  std::uint64_t replaced_ = 0;
};

}  // namespace gistmill::dataset
