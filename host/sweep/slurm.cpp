#include "host/sweep/slurm.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"
#include "host/files/text_file.hpp"
#include "host/process/ask_program.hpp"
#include "host/recipe/fields.hpp"
#include "host/recipe/recipe_keys.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScript = "slurm.sh";

// One word of the shell, whatever is in it.
std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char letter : text) word += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return word + "'";
}

// One word of a line of #SBATCH, which sbatch reads by itself.
std::string sbatch_word(std::string_view text) {
  std::string word = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') word += '\\';
    word += letter;
  }
  return word + "\"";
}

// In the name of an output file sbatch puts values in place of "%j" and the like.
std::string without_patterns(std::string_view text) {
  std::string plain;
  for (const char letter : text) plain += letter == '%' ? std::string("%%") : std::string(1, letter);
  return plain;
}

void refuse_lines(const std::string& text, const Origin& origin) {
  if (text.find('\n') == std::string::npos) return;
  throw Failure(ExitCode::recipe, origin, "an option of sbatch has more than one line");
}

std::string options_of(const SlurmJob& job) {
  const SlurmSettings& asked = job.settings;
  std::string lines;
  const auto add = [&lines](const std::string& option) { lines += "#SBATCH " + option + "\n"; };
  add("--job-name=" + sbatch_word("gistmill " + job.folder.filename().string()));
  add(fmt::format("--array=0-{}", job.tasks - 1));
  add("--chdir=" + sbatch_word(job.working_folder.string()));
  add("--output=" + sbatch_word(without_patterns(job.folder.string()) + "/slurm-%A_%a.log"));
  add("--open-mode=append");
  add("--requeue");
  add(fmt::format("--signal=B:TERM@{}", asked.save_seconds));
  if (!asked.partition.empty()) add("--partition=" + sbatch_word(asked.partition));
  if (!asked.time.empty()) add("--time=" + sbatch_word(asked.time));
  if (!asked.memory.empty()) add("--mem=" + sbatch_word(asked.memory));
  if (asked.cpus > 0) add(fmt::format("--cpus-per-task={}", asked.cpus));
  for (const std::string& option : asked.options) add(option);
  return lines;
}

// The shell does not take a signal while it waits for a command in the foreground, hence the '&'. `wait`
// returns when the signal comes, before the worker has ended, hence the second one.
constexpr const char* kBody = R"sh(
worker=$!
trap 'kill -TERM "$worker"' TERM
wait "$worker"
code=$?
while kill -0 "$worker" 2>/dev/null; do
  wait "$worker"
  code=$?
done
[ "$code" -eq 75 ] || exit "$code"

# Stopped and saved. Slurm queues a task again by itself where it was preempted. One that was canceled must not come
# back, and scontrol would bring it back: it asks for the next turn only where Slurm still wants it to run.
[ "$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%T)" = RUNNING ] || exit 75
if [ "$SECONDS" -lt 5 ]; then
  echo "the time limit leaves no time to train: it must be longer than the time to save by a minute or more" >&2
  exit 75
fi
scontrol requeue "$SLURM_JOB_ID"
)sh";

bool is_in_path(const std::string& program) {
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable != nullptr ? variable : "";
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    if (!folder.empty() && access((fs::path(folder) / program).c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
  }
  return false;
}

}  // namespace

SlurmSettings read_slurm_settings(const Value& table) {
  const Fields fields(table, "sweep.slurm", "[sweep.slurm]", keys_of("sweep.slurm"), ExitCode::recipe);
  SlurmSettings settings;
  settings.partition = fields.string("partition", "");
  settings.time = fields.string("time", "");
  settings.memory = fields.string("memory", "");
  settings.cpus = fields.integer("cpus", 0, 1);
  settings.save_seconds = fields.integer("save_seconds", settings.save_seconds, 1);
  if (settings.save_seconds > 65535)  // sbatch(1)
    fields.refuse(*fields.find("save_seconds"), "save_seconds", "at most 65535");
  settings.options = fields.strings("options");
  for (const std::string& text : {settings.partition, settings.time, settings.memory})
    refuse_lines(text, table.origin());
  for (const std::string& option : settings.options) refuse_lines(option, place_of(*fields.find("options")));
  return settings;
}

std::string slurm_script(const SlurmJob& job) {
  return "#!/bin/bash\n# Workers of a sweep as tasks of one Slurm job; written by gistmill sweep --slurm.\n" +
         options_of(job) + "\n" + shell_word(job.program.string()) + " sweep work " +
         shell_word(job.folder.string()) + " ${SLURM_CPUS_PER_TASK:+--threads \"$SLURM_CPUS_PER_TASK\"} &" +
         kBody;
}

void require_slurm() {
  if (is_in_path("sbatch")) return;
  throw Failure(ExitCode::failed, "there is no sbatch in PATH, so --slurm cannot submit a job",
                {"run this on a login node of the cluster, or load its module for Slurm",
                 "without Slurm: the same command without --slurm runs the points on this machine"});
}

std::string submit(const SlurmJob& job) {
  const fs::path script = job.folder / kScript;
  write_file_atomically(script, slurm_script(job));
  const ProgramAnswer answer = ask_program({"sbatch", "--parsable", script.string()});
  if (answer.code != 0) {
    std::string said = answer.err;
    while (!said.empty() && said.back() == '\n') said.pop_back();
    throw Failure(ExitCode::failed, fmt::format("sbatch refused {}: {}", script.string(), said),
                  {"the points are frozen: the same command with other options submits them"});
  }
  // "123" or "123;cluster"
  return answer.out.substr(0, answer.out.find_first_of(";\n"));
}

bool cancel_waiting_tasks(const std::string& job) {
  return ask_program({"scancel", "--state=PENDING", job}).code == 0;
}

}  // namespace gistmill
