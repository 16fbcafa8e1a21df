// store/packed as a plugin.
#include "plugins/store/packed/store.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::packed::PackedStore>("store/packed")
                    .operation("append", &gistmill::packed::PackedStore::append)
                    .operation("check", &gistmill::packed::PackedStore::check));
