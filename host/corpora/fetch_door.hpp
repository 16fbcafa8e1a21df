// The door of the library that fetches corpora, which few verbs need: it links libarchive.
#pragma once

#include "host/corpora/fetch.hpp"

// fetch_corpus. Throws gistmill::Failure; both sides are built together.
extern "C" __attribute__((visibility("default"))) void gistmill_fetch_corpus(
    const gistmill::CatalogCorpus* corpus, const gistmill::FetchSettings* settings,
    gistmill::LocalCorpus* local);
