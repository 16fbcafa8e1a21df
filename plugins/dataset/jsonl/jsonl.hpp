// dataset/jsonl: documents of JSON lines, as an operation. The work is in lines.cpp.
#pragma once

#include <gistmill/plugin.hpp>

#include "plugins/dataset/common/document_component.hpp"

namespace gistmill::dataset {

class Jsonl : public DocumentComponent {
 public:
  // Finds the files. Throws Error(GM_ERROR_USER) with the option's key.
  explicit Jsonl(const Options& options);
};

}  // namespace gistmill::dataset
