// dataset/twins as a plugin.
#include "plugins/dataset/twins/twin_windows.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::TwinWindows>("dataset/twins")
                    .operation("next", &gistmill::dataset::TwinWindows::next));
