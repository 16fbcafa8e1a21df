// The vectors of a focus tree as a plugin.
#include "plugins/memory/tree/component.hpp"

using gistmill::memory::TreeMemory;

GISTMILL_PLUGIN(gistmill::component<TreeMemory>("memory/tree")
                    .operation("missing", &TreeMemory::missing)
                    .operation("append", &TreeMemory::append)
                    .operation("gather", &TreeMemory::gather)
                    .operation("shown", &TreeMemory::shown)
                    .operation("renew", &TreeMemory::renew, &TreeMemory::renew_vjp));
