// dataset/packed as a plugin.
#include "plugins/dataset/packed/packed.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::Packed>("dataset/packed")
                    .operation("next", &gistmill::dataset::Packed::next));
