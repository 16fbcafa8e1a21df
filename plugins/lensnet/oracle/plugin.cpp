// lensnet/oracle as a plugin.
#include "plugins/lensnet/oracle/oracle.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::lensnet::Oracle>("lensnet/oracle")
                    .operation("score", &gistmill::lensnet::Oracle::score)
                    .operation("score_batch", &gistmill::lensnet::Oracle::score_batch));
