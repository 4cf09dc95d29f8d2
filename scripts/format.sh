#!/usr/bin/env bash
# Lays out every C++, JavaScript and Python file by the rules of .clang-format, .prettierrc.json and pyproject.toml:
#   scripts/format.sh            changes the files
#   scripts/format.sh --check    only says which files would change, and fails if there are any
# scripts/setup.sh test installs clang-format-19 and black; npm ci installs prettier.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$ROOT"

clang=(-i) black=(--quiet) prettier=(--write --log-level=warn)
case "${1:-}" in
  '') ;;
  --check) clang=(--dry-run --Werror) black=(--quiet --check) prettier=(--check --log-level=warn) ;;
  *) die "unknown argument '$1'; the only one is --check" ;;
esac

status=0
git ls-files -z '*.h' '*.cpp' '*.c' | xargs -0 clang-format-19 "${clang[@]}" || status=1
git ls-files -z '*.py' | xargs -0 black "${black[@]}" \
  || { status=1 && say "black would lay out Python files differently; scripts/format.sh does it"; }
git ls-files -z '*.js' '*.ts' '*.css' | xargs -0 npx --no-install prettier "${prettier[@]}" || status=1
exit "$status"
