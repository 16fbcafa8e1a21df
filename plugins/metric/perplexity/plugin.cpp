// metric/perplexity as a plugin.
#include "plugins/metric/perplexity/perplexity.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::metric::Perplexity>("metric/perplexity")
                    .operation("measure", &gistmill::metric::Perplexity::measure)
                    .operation("compare", &gistmill::metric::Perplexity::compare));
