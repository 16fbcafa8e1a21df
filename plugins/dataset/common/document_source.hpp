// Documents of files one after another: which files, who is held out, and going on from a position. What a
// file holds, each source says itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/common/files.hpp"
#include "plugins/dataset/common/split.hpp"

namespace gistmill::dataset {

struct SourceOptions : FileSelection, SplitOptions {
  std::string packed;           // a folder of store/packed: files that it holds are not read; empty: none
  bool refuse_invalid = false;  // bytes that are not UTF-8 end the reading
};

// files, extensions, validation, hold_out, group, salt, packed.
SourceOptions source_options(const Options& options);
// These, and invalid.
SourceOptions text_source_options(const Options& options);
// These without packed.
SourceOptions unpacked_source_options(const Options& options);

struct Document {
  std::string name;  // the file's, and which one where the file holds several documents: "#2", ":12"
  std::string text;  // UTF-8, LF line ends, not blank; empty of kPackedFile
  std::int32_t split = 0;
  std::string file;         // name of the file that it is from
  std::string file_digest;  // SHA-256 of that file
};

// The split of a document that stands for a whole file which is packed already; it has no text.
constexpr std::int32_t kPackedFile = -1;

class DocumentSource {
 public:
  virtual ~DocumentSource() = default;
  DocumentSource(const DocumentSource&) = delete;
  DocumentSource& operator=(const DocumentSource&) = delete;

  const std::vector<CorpusFile>& files() const { return files_; }

  // SHA-256 of names and contents. Reads every file, once.
  std::string digest();

  // False at the end. A file that the folder of option packed holds as it is now gives one document of split
  // kPackedFile. Throws Error: a file that cannot be read or holds no text; or an end without a document.
  bool next(Document& document);

  // What is to be told when all is read: bytes that were replaced, files without text.
  virtual std::vector<std::string> notes() const;

  // Documents given so far; seek(n) continues after the n-th.
  std::uint64_t position() const { return position_; }
  void seek(std::uint64_t position);

 protected:
  // Finds files and looks at their names, not into them. Throws Error(GM_ERROR_USER) with the option's key:
  // no file found, or a split that leaves one side without any group.
  explicit DocumentSource(SourceOptions options);

  // Begins with a file; the one before it is read to its end or left.
  virtual void open(const CorpusFile& file) = 0;
  // The next document of that file that is not blank: `name` is what follows the file's. False at its end.
  virtual bool read(std::string& name, std::string& text) = 0;
  // Everything starts again.
  virtual void restart() = 0;

  // Clean text of some bytes of the open file; `where` in it, for messages: ":12". Throws Error where
  // they are not UTF-8 and that is refused.
  std::string cleaned(std::string_view bytes, const std::string& where = "");
  // Puts sequences that were not valid on the account of the open file. Throws Error where they are refused.
  void count_invalid(std::uint64_t sequences, const std::string& where, const std::string& what);

  // Why none of the files has a document: "each is empty".
  virtual std::string why_none() const = 0;

 private:
  void close_file();
  const std::string& file_digest(std::size_t file);
  bool is_packed(std::size_t file);

  SourceOptions options_;
  std::vector<CorpusFile> files_;
  std::vector<std::string> digests_;                            // [file]; empty: not known yet
  std::optional<std::map<std::string, std::string>> packed_{};  // digests of the files in folder packed
  std::size_t next_file_ = 0;
  bool in_file_ = false;  // the file before next_file_ is open
  std::uint64_t position_ = 0;
  bool file_has_text_ = false;  // the one that is open
  std::uint64_t replaced_ = 0;
  std::string first_replaced_;  // "FILE:LINE"
  std::size_t without_text_ = 0;
  std::string first_without_text_;
};

bool is_blank(std::string_view text);

// text u8[B], name u8[M], split i32[], file u8[F], file_digest u8[G].
std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> tensors_of(const Document& document);

// A position as bytes: `head` names the component and the format's version, "dataset/text 1 ".
std::string position_state(std::string_view head, std::uint64_t position);
// Throws Error(GM_ERROR_USER) where that is not such a state.
std::uint64_t position_of(std::string_view head, std::string_view state);

}  // namespace gistmill::dataset
