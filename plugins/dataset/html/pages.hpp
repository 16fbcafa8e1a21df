// Files of HTML as documents, one page in memory at a time. Knows nothing of tokens or the ABI; html.cpp ties
// it to an operation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/dataset/common/document_source.hpp"
#include "plugins/dataset/html/page_text.hpp"

namespace gistmill::dataset {

class Pages : public DocumentSource {
 public:
  // skip: leave broken pages out.
  Pages(SourceOptions options, Selectors leave_out, bool skip);

  std::vector<std::string> notes() const override;  // and of pages that were left out

 private:
  void open(const CorpusFile& file) override;
  bool read(std::string& name, std::string& text) override;
  void restart() override;
  std::string why_none() const override;
  std::string text_of(const std::string& bytes);

  Selectors leave_out_;
  bool skip_;
  std::string text_;  // of the page that is open; empty: none, or given
  std::uint64_t broken_ = 0;
  std::string first_broken_;  // "FILE: what is wrong"
};

}  // namespace gistmill::dataset
