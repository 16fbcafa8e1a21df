// The allocators that look at no score, as a plugin.
#include "plugins/allocator/baselines/component.hpp"

using gistmill::allocator::None;
using gistmill::allocator::Random;
using gistmill::allocator::Recency;

GISTMILL_PLUGIN(gistmill::component<Recency>("allocator/recency").operation("allocate", &Recency::allocate),
                gistmill::component<Random>("allocator/random").operation("allocate", &Random::allocate),
                gistmill::component<None>("allocator/none").operation("allocate", &None::allocate));
