// Builds a function for several instruction sets.
#pragma once

// One is picked when the library is loaded, so that one binary runs on any x86-64 and uses what the machine
// has. Sanitizers fail on the resolver; other machines have none.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define GISTMILL_TOKENIZER_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GISTMILL_TOKENIZER_CLONES
#endif
