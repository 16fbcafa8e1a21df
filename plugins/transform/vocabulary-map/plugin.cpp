// transform/vocabulary-map as a plugin.
#include "plugins/transform/vocabulary-map/vocabulary_map.hpp"

using gistmill::vocabulary_map::VocabularyMap;

GISTMILL_PLUGIN(gistmill::component<VocabularyMap>("transform/vocabulary-map")
                    .operation("compare", &VocabularyMap::compare)
                    .operation("ids", &VocabularyMap::ids)
                    .operation("topk", &VocabularyMap::topk));
