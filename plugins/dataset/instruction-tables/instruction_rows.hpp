// Samples of instruction tuning in the rows of Parquet files: the columns that Alpaca's objects have as
// fields, or one of conversations.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plugins/dataset/instructions/instruction_files.hpp"
#include "plugins/dataset/parquet/table_file.hpp"

namespace gistmill::dataset {

class InstructionRows : public SampleSource {
 public:
  InstructionRows(SourceOptions options, SampleFields fields, bool skip);

 private:
  void open(const CorpusFile& file) override;
  bool read(std::string& name, std::string& text) override;
  void restart() override;
  // The row as a JSON object. Counts bytes that are not UTF-8.
  std::string json_of_row(const std::string& place);

  SampleFields fields_;
  std::string path_;
  std::vector<std::string> columns_;  // of the open file
  std::unique_ptr<TableFile> file_;
};

}  // namespace gistmill::dataset
