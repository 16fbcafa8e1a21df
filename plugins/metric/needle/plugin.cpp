// metric/needle as a plugin.
#include "plugins/metric/needle/needle.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::metric::Needle>("metric/needle")
                    .operation("measure", &gistmill::metric::Needle::measure));
