// lensnet/attention as a plugin.
#include "plugins/lensnet/attention/attention.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::lensnet::Attention>("lensnet/attention")
                    .operation("score", &gistmill::lensnet::Attention::score));
