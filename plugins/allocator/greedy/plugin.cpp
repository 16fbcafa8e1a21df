// The greedy allocators as a plugin.
#include "plugins/allocator/greedy/component.hpp"

using gistmill::allocator::Greedy;
using gistmill::allocator::NoCooldown;

GISTMILL_PLUGIN(
    gistmill::component<Greedy>("allocator/greedy").operation("allocate", &Greedy::allocate),
    gistmill::component<NoCooldown>("allocator/no-cooldown").operation("allocate", &NoCooldown::allocate));
