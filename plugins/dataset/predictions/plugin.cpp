// dataset/predictions as a plugin.
#include "plugins/dataset/predictions/predictions.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::Predictions>("dataset/predictions")
                    .operation("next", &gistmill::dataset::Predictions::next));
