#include "host/installation/environment.hpp"

namespace gistmill {

namespace {

constexpr EnvironmentVariable kVariables[] = {
    {"GISTMILL_PLUGIN_PATH", "folders to search for plugins before the program's own, separated by colons"},
    {"GISTMILL_PLUGIN_POLICY",
     "the file that says which plugins may be used (default: plugins.toml in the user's folder of settings)"},
    {"XDG_DATA_HOME", "where plugins are installed, in gistmill/plugins (default: ~/.local/share)"},
    {"XDG_CONFIG_HOME", "where settings lie, in gistmill (default: ~/.config)"},
    {"GISTMILL_TORCH_ROOT", "the folder that has LibTorch in lib/; of a wheel: <site-packages>/torch"},
    {"GISTMILL_CHECK",
     "1: hold every call of a plugin against the ABI's contract; trace: and print each on standard error"},
    {"GISTMILL_RANKS", "off: a process that mpirun or srun started with others is a run of its own"},
    {"OMPI_COMM_WORLD_SIZE", "set by mpirun: collective/mpi joins the processes that it started"},
    {"PMIX_RANK", "set by srun --mpi=pmix: the same"},
    {"LD_LIBRARY_PATH",
     "where the dynamic linker looks for LibTorch if neither of the program's places has it"},
    {"OMP_NUM_THREADS", "compute threads (default: one for each physical core)"},
    {"OMP_WAIT_POLICY", "how idle compute threads wait: passive (default) or active"},
    {"GOMP_SPINCOUNT", "how long they spin first; if it is set, OMP_WAIT_POLICY is left alone"},
    {"NO_COLOR", "if it is not empty: no colors"},
    {"CLICOLOR_FORCE", "if it is not empty: colors off a terminal too; NO_COLOR beats it"},
    {"TERM", "the kind of terminal; dumb: neither colors nor lines that change"},
    {"LC_ALL", "the locale: UTF-8 characters are drawn where it names UTF-8"},
    {"LC_CTYPE", "the same where LC_ALL is empty"},
    {"LANG", "the same where both are empty"},
    {"HOME", "the folder that gistmill env shows as ~, and that installed plugins and settings lie in"},
    {"PATH",
     "where sbatch and scancel are looked for (gistmill sweep --slurm), and ssh-keygen (plugins install "
     "--signers)"},
    {"TMPDIR", "the folder for files that are needed only meanwhile (default: /tmp)"},
    {"SOURCE_DATE_EPOCH", "the date of the manual pages, in seconds since 1970 (default: today)"},
};

}  // namespace

std::span<const EnvironmentVariable> environment_variables() { return kVariables; }

}  // namespace gistmill
