// dataset/packed and dataset/cached as a plugin.
#include "plugins/dataset/packed/cached.hpp"
#include "plugins/dataset/packed/packed.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::Packed>("dataset/packed")
                    .operation("next", &gistmill::dataset::Packed::next),
                gistmill::component<gistmill::dataset::Cached>("dataset/cached")
                    .operation("next", &gistmill::dataset::Cached::next));
