// dataset/spans as a plugin.
#include "plugins/dataset/spans/spans.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::Spans>("dataset/spans")
                    .operation("next", &gistmill::dataset::Spans::next));
