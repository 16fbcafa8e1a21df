// Labels of the focus loop as a plugin.
#include "plugins/label/utility/utility.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::label::Utility>("label/utility")
                    .operation("value", &gistmill::label::Utility::value));
