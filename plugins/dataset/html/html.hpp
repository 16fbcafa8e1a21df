// dataset/html: the texts of web pages, as an operation. The work is in pages.cpp and page_text.cpp.
#pragma once

#include <gistmill/plugin.hpp>

#include "plugins/dataset/common/document_component.hpp"

namespace gistmill::dataset {

class Html : public DocumentComponent {
 public:
  // Finds the files. Throws Error(GM_ERROR_USER) with the option's key.
  explicit Html(const Options& options);
};

}  // namespace gistmill::dataset
