// The sessions of the focus loop, and their traces, as a plugin.
#include "plugins/dataset/focus/focus.hpp"
#include "plugins/dataset/focus/trace.hpp"

using gistmill::dataset::Focus;
using gistmill::dataset::FocusTrace;

GISTMILL_PLUGIN(gistmill::component<Focus>("dataset/focus")
                    .operation("next", &Focus::next)
                    .operation("extend", &Focus::extend)
                    .operation("look", &Focus::look)
                    .operation("act", &Focus::act)
                    .operation("rows", &Focus::rows)
                    .operation("continued", &Focus::continued)
                    .operation("end", &Focus::end)
                    .operation("trace", &Focus::trace)
                    .operation("candidates", &Focus::candidates)
                    .operation("whole", &Focus::whole)
                    .operation("needed", &Focus::needed)
                    .operation("note", &Focus::note),
                gistmill::component<FocusTrace>("dataset/focus-trace").operation("next", &FocusTrace::next));
