#include "host/reference/event_keys.hpp"

namespace gistmill {
namespace {

constexpr Presence kAlways = Presence::always;
constexpr Presence kOptional = Presence::optional;

const std::vector<EventTable> kTables = {
    {"run_started",
     "The first event of a run, and of each time that it is resumed.",
     {{"format", kAlways, "1"},
      {"recipe", kAlways, "the recipe's file, as given"},
      {"run_folder", kAlways, "the folder that the run writes to"},
      {"version", kAlways, "version of the program"},
      {"threads", kAlways, "compute threads"},
      {"bf16", kOptional, "bf16 instructions of this processor: `\"amx_bf16\"`, `\"avx512_bf16\"` or `\"\"`"},
      {"openmp_wait", kOptional, "how idle compute threads wait: `\"passive\"`, `\"active\"`, `\"default\"`"},
      {"gemm_flops_per_second", kOptional,
       "peak rate of large matrix products, measured at the start if a logger or a profile shows it: "
       "`{\"f32\", \"bf16\"}`; `bf16` is 0 without native support"},
      {"seed", kAlways, "the run's seed"},
      {"resumed", kAlways, "`true` if the run continues after a stop"},
      {"stages", kAlways,
       "array of `{\"name\", \"steps\", \"trains\"}` in the order of execution; `trains`: the instances that "
       "train"},
      {"command", kOptional, "the command line as an array of words, the program first"},
      {"working_folder", kOptional, "the folder in which the command was given"},
      {"processor", kOptional, "name of the processor or accelerator"},
      {"plugins", kOptional,
       "array of `{\"name\", \"version\", \"tier\", \"digest\"}`; `digest`: SHA-256 of the plugin's file"}}},
    {"stage_started",
     "Before a stage trains.",
     {{"stage", kAlways, "name; `\"\"` if the recipe has no stages (in all events)"},
      {"index, count", kAlways, "number of this stage, from 1, and number of stages"},
      {"steps", kAlways, "optimizer steps at the end of the stage"},
      {"step", kAlways, "steps already done: 0, or the step of the checkpoint that it continues from"},
      {"trains", kAlways, "array of instances that train"},
      {"parameters", kAlways, "number of their parameters"}}},
    {"contents",
     "Before a stage, and before the evaluations after the last stage. Left out if nothing depends on "
     "outside content.",
     {{"stage", kAlways, "name"},
      {"contents", kAlways,
       "array of `{\"instance\", \"use\", \"digest\"}`: the outside content that an instance reads (model "
       "files, data)"}}},
    {"step",
     "After each optimizer step.",
     {{"stage", kAlways, "name"},
      {"step, steps", kAlways, "number of this step, from 1, and number of steps"},
      {"loss", kAlways, "mean over the step's items, before the update"},
      {"losses", kOptional,
       "with several losses: `{\"loss\": 0.78, \"apart\": 0.12}`, each unweighted; `loss` is their weighted "
       "sum"},
      {"learning_rate", kAlways, "learning rate of this step"},
      {"learning_rates", kOptional, "of instances with their own schedule: `{\"lens\": 0.001}`"},
      {"gradient_norm", kAlways, "global norm before clipping"},
      {"skipped", kOptional, "`true` if a monitor left out the update"},
      {"seconds", kAlways, "wall time of this step"},
      {"items", kAlways, "items (spans, in a gist recipe) that the step processed"},
      {"items_per_second", kAlways, "`items / seconds`"},
      {"peak_memory_bytes", kAlways, "peak resident memory so far"},
      {"cache_hits, cache_misses", kOptional,
       "calls that were read from the cache, and cached calls that ran"},
      {"flops", kOptional, "floating-point operations of matrix products, as counted by the plugins"},
      {"utilization", kOptional,
       "share of peak: the time that these products would take at `gemm_flops_per_second` of their dtype, "
       "divided by `seconds`"}}},
    {"decision",
     "What a monitor decided, as it is carried out at the end of the step.",
     {{"stage, step", kAlways, "stage, and the step that has ended"},
      {"monitor", kAlways, "the instance"},
      {"action", kAlways,
       "`\"advance\"`, `\"stop\"`, `\"scale\"`, `\"skip\"`, `\"rewind\"`, `\"mark best\"` or `\"fail\"`"},
      {"reason", kAlways, "in the monitor's words"},
      {"factor", kOptional, "of `scale` and `rewind`: learning rates are so many times as high from then on"},
      {"to", kOptional, "of `rewind`: the step of the checkpoint; 0: there is none, and the run fails"}}},
    {"progress",
     "Progress of something long that is not a step: reading data, an evaluation's pipeline. For display "
     "only; "
     "`logger/jsonl` does not write it.",
     {{"stage", kAlways, "name, or `\"\"` outside a stage"},
      {"text", kAlways, "what is running: `\"heldout: contextual\"`"},
      {"done, count", kAlways, "how many of how many; `count` is 0 if unknown"}}},
    {"evaluation",
     "One evaluation with all its variants. The keys from `name` to `entries` are those of an evaluation in "
     "`summary.json`.",
     {{"stage", kAlways, "name"},
      {"step", kAlways, "optimizer steps done before it"},
      {"seconds", kOptional, "how long it took"},
      {"name", kAlways, "its name in the recipe"},
      {"reference", kAlways, "the variant whose recovered share is 0; `\"\"`: none"},
      {"paired", kAlways, "the variant that paired differences are taken from; `\"\"`: none"},
      {"headline", kAlways, "the figure that sentences and bars show; `\"\"`: the last one"},
      {"items", kAlways, "plural name of the items: `\"spans\"`"},
      {"cluster", kAlways,
       "name of a cluster: the port with `cluster = true`, `\"document\"`; `\"\"`: none, all items count as "
       "independent. Older files without this key: `\"document\"`"},
      {"figures", kAlways,
       "array: what manifests say about each figure, in the order of the columns. In older files without "
       "this key all figures are means and lower is better"},
      {"entries", kAlways, "array: one entry per variant and figure, figures within variants"}}},
    {"evaluation",
     "A figure:",
     {{"name", kAlways, "`\"delta_nll.32\"`: the figure's slot and the column's label"},
      {"aggregate", kAlways, "`\"mean\"`, `\"sum\"`, `\"p95\"`, `\"max\"` or `\"count\"` over the items"},
      {"better", kAlways, "`\"lower\"` or `\"higher\"`"},
      {"unit, title", kAlways, "`\"nats\"`, `\"delta-NLL\"`; `\"\"`: not given"},
      {"column", kAlways,
       "what the label is a value of: `\"H\"` for \"H = 32\"; `\"\"`: the label stands alone"},
      {"ideal", kOptional, "value of a lossless result, if the manifest gives it"}}},
    {"evaluation",
     "An entry:",
     {{"variant, figure", kAlways, "`\"last 4 in place\"`, `\"delta_nll.32\"`: the figure's `name`"},
      {"trained", kAlways, "`true` if the variant has trained parameters"},
      {"value, standard_error", kAlways, "the figure's aggregate over items, and its standard error"},
      {"mean", kOptional, "`value` again if the aggregate is a mean: its only name in older files"},
      {"n, documents", kAlways,
       "number of items that had a value (for a count: all items), and number of clusters they are from, "
       "whatever `cluster` calls them"},
      {"recovered, recovered_standard_error", kOptional,
       "1 - (value - ideal) / (value of the reference - ideal), on the same items. The ideal is the "
       "figure's, "
       "or 0 if lower is better; if higher is better and no ideal is given, there is no recovered share"},
      {"paired, paired_standard_error", kOptional,
       "value minus the paired variant's value on the same items; below 0 is an improvement if lower is "
       "better, above 0 if higher is better"},
      {"binding_gap, binding_gap_standard_error", kOptional,
       "loss of quality if another span's gist replaces the span's own, always above 0 when own gists are "
       "better; near 0, the gist carries nothing about its span"}}},
    {"cache",
     "At the end of a stage, and of the evaluations after the last stage. Left out if nothing is cached.",
     {{"stage", kAlways, "name"},
      {"folder", kAlways, "folder of the entries"},
      {"bytes, max_bytes", kAlways, "size of all entries, and its limit"},
      {"removed", kAlways, "entries that this process evicted"},
      {"calls", kAlways,
       "array of `{\"call\", \"hits\", \"misses\", \"bytes_read\", \"bytes_written\", \"seconds_reading\", "
       "\"seconds_writing\"}`, over training and evaluations"}}},
    {"checkpoint",
     "A checkpoint was written.",
     {{"stage, step", kAlways, "stage and step that it holds"},
      {"path", kAlways, "the checkpoint's folder, relative to the run folder"},
      {"best", kAlways, "`true` if an evaluation or a monitor marked it as the best so far"}}},
    {"message",
     "A message of the host or of a plugin.",
     {{"level", kAlways, "`\"info\"`, `\"warning\"` or `\"error\"`"},
      {"text", kAlways, "for people; lowercase, no final period"},
      {"instance", kAlways, "the instance that sent it; `\"\"`: the host"}}},
    {"stage_finished",
     "After a stage.",
     {{"stage", kAlways, "name"},
      {"step", kAlways, "optimizer steps done"},
      {"seconds", kAlways, "wall time of the stage's training, over all processes of a resumed run"},
      {"items", kAlways, "items that it trained on, over all processes of a resumed run"}}},
    {"run_finished",
     "The last event of a process.",
     {{"status", kAlways,
       "`\"finished\"`, `\"stopped\"` (saved; `--resume` continues), `\"failed\"` or "
       "`\"interrupted\"`"},
      {"seconds", kAlways, "wall time of this process"},
      {"peak_memory_bytes", kAlways, "peak resident memory"},
      {"text", kOptional, "the failure"}}}};

}  // namespace

const std::vector<EventTable>& event_tables() { return kTables; }

}  // namespace gistmill
