// metric/lens as a plugin.
#include "plugins/metric/lens/lens.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::metric::Lens>("metric/lens")
                    .operation("measure", &gistmill::metric::Lens::measure));
