// lensnet/similar as a plugin.
#include "plugins/lensnet/similar/similar.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::lensnet::Similar>("lensnet/similar")
                    .operation("score", &gistmill::lensnet::Similar::score));
