// Parquet files as documents, one row each. Knows nothing of tokens or the ABI; plugin.cpp ties it to
// operations.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "plugins/dataset/common/document_source.hpp"
#include "plugins/dataset/jsonl/record_text.hpp"
#include "plugins/dataset/parquet/table_file.hpp"

namespace gistmill::dataset {

// Text: a column of strings as it is, one of chat messages as JSON; a field within a column; or several in a
// template.
class Rows : public DocumentSource {
 public:
  // templated: `record` is a template, not a field.
  Rows(SourceOptions options, RecordText record, bool templated);

 private:
  void open(const CorpusFile& file) override;
  bool read(std::string& name, std::string& text) override;
  void restart() override { file_.reset(); }
  std::string why_none() const override;
  std::string text_of_row();
  std::string place() const { return ": row " + std::to_string(file_->number()); }
  std::string json_of(std::size_t column);

  RecordText record_;
  std::vector<std::string> columns_;
  bool templated_;
  std::unique_ptr<TableFile> file_;
  std::string path_;
};

}  // namespace gistmill::dataset
