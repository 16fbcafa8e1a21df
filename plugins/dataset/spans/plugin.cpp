// dataset/spans, dataset/windows and dataset/blocks as a plugin.
#include "plugins/dataset/spans/batches.hpp"
#include "plugins/dataset/spans/blocks.hpp"
#include "plugins/dataset/spans/spans.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::Spans>("dataset/spans")
                    .operation("next", &gistmill::dataset::Spans::next),
                gistmill::component<gistmill::dataset::Batches>("dataset/windows")
                    .operation("next", &gistmill::dataset::Batches::next),
                gistmill::component<gistmill::dataset::Blocks>("dataset/blocks")
                    .operation("next", &gistmill::dataset::Blocks::next));
