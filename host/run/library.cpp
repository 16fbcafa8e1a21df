// The exported doors; see library.hpp.
#include "host/run/library.hpp"

#include "host/run/run.hpp"
#include "host/run/step/torch_state.hpp"

extern "C" void gistmill_run_verb(const gistmill::RunRequest* request, gistmill::RunOutcome* outcome) {
  using gistmill::RunVerb;
  switch (request->verb) {
    case RunVerb::peek:
      *outcome = gistmill::peek_recipe(*request);
      return;
    case RunVerb::run:
      *outcome = gistmill::run_recipe(*request);
      return;
    case RunVerb::evaluate:
      *outcome = gistmill::evaluate_recipe(*request);
      return;
    case RunVerb::export_run:
      *outcome = gistmill::export_run(*request);
      return;
    case RunVerb::compress:
      *outcome = gistmill::compress_run(*request);
      return;
    case RunVerb::plan:
      *outcome = gistmill::plan_recipe(*request);
      return;
  }
}

extern "C" void gistmill_read_torch_state(gistmill::GlobalState* state) {
  gistmill::read_torch_state(*state);
}
