// The oracle as a plugin.
#include "plugins/allocator/oracle/component.hpp"

using gistmill::allocator::Oracle;

GISTMILL_PLUGIN(gistmill::component<Oracle>("allocator/oracle").operation("allocate", &Oracle::allocate));
