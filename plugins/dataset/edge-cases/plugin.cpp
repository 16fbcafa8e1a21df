// dataset/edge-cases as a plugin.
#include "plugins/dataset/edge-cases/edge_cases.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::EdgeCases>("dataset/edge-cases")
                    .operation("next", &gistmill::dataset::EdgeCases::next));
