#include "plugins/transform/ramp/ramp.hpp"

using gistmill::ramp::Ramp;

GISTMILL_PLUGIN(gistmill::component<Ramp>("transform/ramp").operation("next", &Ramp::next));
