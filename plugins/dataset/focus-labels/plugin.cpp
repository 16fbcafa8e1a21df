// dataset/focus-labels as a plugin.
#include "plugins/dataset/focus-labels/labels.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::FocusLabels>("dataset/focus-labels")
                    .operation("next", &gistmill::dataset::FocusLabels::next));
