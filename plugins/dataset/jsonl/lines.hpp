// Files of JSON lines as documents, one line in memory at a time. Knows nothing of tokens or the ABI;
// jsonl.cpp ties it to an operation.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "plugins/dataset/common/document_source.hpp"
#include "plugins/dataset/jsonl/record_text.hpp"

namespace gistmill::dataset {

class Lines : public DocumentSource {
 public:
  // skip: leave broken lines out.
  Lines(SourceOptions options, RecordText record, bool skip);

  std::vector<std::string> notes() const override;  // and of lines that were left out

  // Of the files read so far:
  std::uint64_t lines() const { return lines_; }                     // that are not empty
  std::uint64_t broken() const { return broken_; }                   // that were left out
  const std::string& first_broken() const { return first_broken_; }  // "FILE:LINE: what is wrong"

 private:
  void open(const CorpusFile& file) override;
  bool read(std::string& name, std::string& text) override;
  void restart() override;
  std::string why_none() const override;
  bool read_text(std::string& text);  // of line_; false where it is to be left out

  RecordText record_;
  bool skip_;
  std::ifstream file_;
  std::string path_;
  std::string line_;
  std::uint64_t number_ = 0;  // of line_ in its file, from 1
  std::uint64_t lines_ = 0;
  std::uint64_t broken_ = 0;
  std::string first_broken_;
};

}  // namespace gistmill::dataset
