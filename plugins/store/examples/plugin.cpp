// store/examples as a plugin.
#include "plugins/store/examples/store.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::examples::ExampleStore>("store/examples")
                    .operation("append", &gistmill::examples::ExampleStore::append));
