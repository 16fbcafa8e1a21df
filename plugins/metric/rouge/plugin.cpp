// metric/rouge as a plugin.
#include "plugins/metric/rouge/rouge.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::metric::Rouge>("metric/rouge")
                    .operation("measure", &gistmill::metric::Rouge::measure));
