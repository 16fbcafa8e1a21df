// dataset/parquet and dataset/parquet-ids: rows of Parquet files as operations. The work is in rows.cpp and
// id_rows.cpp.
#pragma once

#include <gistmill/plugin.hpp>

#include <string>
#include <string_view>
#include <tuple>

#include "plugins/dataset/common/document_component.hpp"
#include "plugins/dataset/parquet/id_rows.hpp"

namespace gistmill::dataset {

class Parquet : public DocumentComponent {
 public:
  // Finds the files. Throws Error(GM_ERROR_USER) with the option's key.
  explicit Parquet(const Options& options);
};

class ParquetIds {
 public:
  // As Parquet.
  explicit ParquetIds(const Options& options);

  std::string digest() { return rows_.digest(); }

  // tokens i32[N], name u8[M], split i32[], file u8[F], file_digest u8[G]: one document a call, then
  // EndOfData.
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> next();

  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  IdRows rows_;
};

}  // namespace gistmill::dataset
