#!/usr/bin/env bash
# Makes a picture of a report page, as the documentation shows them. Needs Chromium.
# usage: scripts/page-picture.sh PAGE.html PICTURE.png [HEIGHT]
set -euo pipefail
page=$(realpath "$1")
picture=$(realpath -m "$2")
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$profile" \
  --window-size=1100,"${3:-1500}" --screenshot="$picture" "file://$page"
