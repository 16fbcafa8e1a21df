// Text files as documents. How a file is cut, cutters.hpp says. Knows nothing of tokens or the ABI; text.cpp
// ties it to an operation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "plugins/dataset/common/document_source.hpp"
#include "plugins/dataset/text/cutters.hpp"

namespace gistmill::dataset {

// One file in memory at a time.
class Corpus : public DocumentSource {
 public:
  // skip_until: everything up to the first line that starts so is dropped, before the file is cut.
  Corpus(SourceOptions options, std::string skip_until, std::unique_ptr<Cutter> cutter);

 private:
  void open(const CorpusFile& file) override;
  bool read(std::string& name, std::string& text) override;
  void restart() override { opened_ = false; }
  std::string why_none() const override;

  std::string skip_until_;
  std::unique_ptr<Cutter> cutter_;
  std::string text_;  // of the file that is open
  bool opened_ = false;
  std::size_t number_ = 0;
};

}  // namespace gistmill::dataset
