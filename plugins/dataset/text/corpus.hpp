// Text files as documents: how a file is cut. Knows nothing of tokens or the ABI; text.cpp ties it to an
// operation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugins/dataset/common/document_source.hpp"

namespace gistmill::dataset {

struct CorpusOptions : SourceOptions {
  std::string separator;   // between documents of one file; empty: a file is a document
  std::string skip_until;  // everything up to the first line that starts so is dropped
};

// One file in memory at a time.
class Corpus : public DocumentSource {
 public:
  explicit Corpus(const CorpusOptions& options);

 private:
  void open(const CorpusFile& file) override;
  bool read(std::string& name, std::string& text) override;
  void restart() override {}
  std::string why_none() const override;

  std::string separator_;
  std::string skip_until_;
  std::string text_;       // of the file that is open
  std::string_view left_;  // what of it comes yet
  bool over_ = true;       // nothing comes, not even something empty
  std::size_t number_ = 0;
};

}  // namespace gistmill::dataset
