// store/topk as a plugin.
#include "plugins/store/topk/store.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::topk::TopkStore>("store/topk")
                    .operation("append", &gistmill::topk::TopkStore::append)
                    .operation("check", &gistmill::topk::TopkStore::check));
