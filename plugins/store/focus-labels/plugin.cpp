// store/focus-labels as a plugin.
#include "plugins/store/focus-labels/store.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::labels::LabelStore>("store/focus-labels")
                    .operation("append", &gistmill::labels::LabelStore::append)
                    .operation("check", &gistmill::labels::LabelStore::check));
