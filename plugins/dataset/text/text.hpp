// dataset/text: the documents of text files, as an operation. The work is in corpus.cpp.
#pragma once

#include <gistmill/plugin.hpp>

#include "plugins/dataset/common/document_component.hpp"

namespace gistmill::dataset {

class Text : public DocumentComponent {
 public:
  // Finds the files. Throws Error(GM_ERROR_USER) with the option's key.
  explicit Text(const Options& options);
};

}  // namespace gistmill::dataset
