// Parquet files whose rows are token ids already.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "plugins/dataset/common/document_source.hpp"
#include "plugins/dataset/parquet/table_file.hpp"

namespace gistmill::dataset {

// Its documents have no text: ids() are those of the one that next() gave last.
class IdRows : public DocumentSource {
 public:
  IdRows(SourceOptions options, std::string column);

  const std::vector<std::int32_t>& ids() const { return ids_; }

 private:
  void open(const CorpusFile& file) override;
  bool read(std::string& name, std::string& text) override;
  void restart() override { file_.reset(); }
  std::string why_none() const override;
  void take(const std::vector<std::int64_t>& values);

  std::string column_;
  std::unique_ptr<TableFile> file_;
  std::string path_;
  std::vector<std::int32_t> ids_;
};

}  // namespace gistmill::dataset
