# Sourced by the scripts here: what they say goes to standard error.

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

# For scripts without arguments: answers --help with the script's usage(), refuses everything else.
take_no_arguments() {
  case "${1:-}" in
    '') ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
}
