// dataset/html as a plugin.
#include "plugins/dataset/html/html.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::Html>("dataset/html")
                    .operation("next", &gistmill::dataset::Html::next));
