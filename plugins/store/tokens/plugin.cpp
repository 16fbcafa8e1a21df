// store/tokens as a plugin.
#include "plugins/store/tokens/store.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::store::TokenStore>("store/tokens")
                    .operation("append", &gistmill::store::TokenStore::append));
