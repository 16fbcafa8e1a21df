// dataset/needle and dataset/needle-phrases as a plugin.
#include "plugins/dataset/needle/needle.hpp"
#include "plugins/dataset/needle/phrases.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::NeedlePhrases>("dataset/needle-phrases")
                    .operation("next", &gistmill::dataset::NeedlePhrases::next),
                gistmill::component<gistmill::dataset::Needle>("dataset/needle")
                    .operation("next", &gistmill::dataset::Needle::next));
