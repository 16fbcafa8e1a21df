// store/focus as a plugin.
#include "plugins/store/focus/store.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::store::FocusStore>("store/focus")
                    .operation("append", &gistmill::store::FocusStore::append));
