// dataset/jsonl as a plugin.
#include "plugins/dataset/jsonl/jsonl.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::Jsonl>("dataset/jsonl")
                    .operation("next", &gistmill::dataset::Jsonl::next));
