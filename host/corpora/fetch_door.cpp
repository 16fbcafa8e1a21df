#include "host/corpora/fetch_door.hpp"

extern "C" void gistmill_fetch_corpus(const gistmill::CatalogCorpus* corpus,
                                      const gistmill::FetchSettings* settings, gistmill::LocalCorpus* local) {
  *local = gistmill::fetch_corpus(*corpus, *settings);
}
