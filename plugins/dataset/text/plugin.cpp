// dataset/text as a plugin.
#include "plugins/dataset/text/text.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::Text>("dataset/text")
                    .operation("next", &gistmill::dataset::Text::next));
