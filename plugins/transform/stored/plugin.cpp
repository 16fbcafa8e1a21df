// transform/stored as a plugin.
#include "plugins/transform/stored/stored.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::transform::Stored>("transform/stored")
                    .operation("apply", &gistmill::transform::Stored::apply));
