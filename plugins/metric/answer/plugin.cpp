// metric/answer as a plugin.
#include "plugins/metric/answer/answer.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::metric::Answer>("metric/answer")
                    .operation("measure", &gistmill::metric::Answer::measure));
