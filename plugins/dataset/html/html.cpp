#include "plugins/dataset/html/html.hpp"

#include <memory>

#include "plugins/dataset/html/pages.hpp"

namespace gistmill::dataset {

Html::Html(const Options& options)
    : DocumentComponent("dataset/html", std::make_unique<Pages>(text_source_options(options),
                                                                selectors_of(options.strings("leave_out")),
                                                                options.string("broken") == "skip")) {}

}  // namespace gistmill::dataset
