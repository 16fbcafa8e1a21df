// dataset/examples as a plugin.
#include "plugins/dataset/examples/examples.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::Examples>("dataset/examples")
                    .operation("next", &gistmill::dataset::Examples::next));
