#!/usr/bin/env bash
# Runs every test: set-up, builds, C++ (optimised, under sanitizers with fuzzing, and for 64-bit ARM in an emulator),
# second decoder, Node.js, Chromium, Firefox. Photographs come from the folder LIC_TEST_DATA; without it the tests that
# need them are skipped.
# LIC_TEST_STRICT=1 makes a skipped test a failure.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$ROOT"

scripts/setup.sh native wasm test
. scripts/env.sh
scripts/build.sh release wasm asan arm64

LOGS=build/test-logs
rm -rf "$LOGS"
mkdir -p "$LOGS"
passed=0 failed=0 skipped=0
reasons=()

# run_ctest PRESET: adds its tests to the counts. A test that skips something prints "SKIP: what: why".
run_ctest() {
  local preset=$1 log=$LOGS/$1.log total bad
  say "ctest $preset"
  ctest --preset "$preset" -j "$JOBS" --verbose > "$log" 2>&1 || true
  total=$(sed -n 's/^.* tests passed, \([0-9]*\) tests failed out of \([0-9]*\).*/\2/p' "$log" | tail -1)
  bad=$(sed -n 's/^.* tests passed, \([0-9]*\) tests failed out of \([0-9]*\).*/\1/p' "$log" | tail -1)
  if [ -z "$total" ] || [ "$total" = 0 ]; then
    failed=$((failed + 1))
    tail -20 "$log"
    return
  fi
  passed=$((passed + total - bad)) failed=$((failed + bad))
  [ "$bad" = 0 ] || show_failures "$preset"
  collect_skips "$log" "$preset"
}

show_failures() {
  printf '%s\n' "--- failures of $1:"
  ctest --preset "$1" --rerun-failed --output-on-failure 2>&1 | tail -80 || true
}

# run_node NAME SCRIPT: runs the tests of an npm script; count_node NAME adds them to the counts afterwards.
run_node() {
  say "npm run $2 ($1)"
  local status=0
  npm run --silent "$2" -- --test-reporter=tap > "$LOGS/$1.log" 2>&1 || status=$?
  echo "$status" > "$LOGS/$1.status"
}

count_node() {
  local log=$LOGS/$1.log
  if [ "$(cat "$LOGS/$1.status" 2> /dev/null)" != 0 ]; then
    printf '%s\n' "--- failures of $1:"
    grep -A 25 -E '^ *not ok ' "$log" | head -80 || tail -40 "$log" || true
    grep -qE '^# fail [1-9]' "$log" || failed=$((failed + 1))
  elif [ "$(tap_count "$log" pass)" = 0 ]; then
    printf '%s\n' "--- no test of $1 ran"
    failed=$((failed + 1))
  fi
  passed=$((passed + $(tap_count "$log" pass))) failed=$((failed + $(tap_count "$log" fail)))
  collect_skips "$log" "$1"
}

run_check() {
  say "npm run check"
  local status=0
  npm run --silent check > "$LOGS/check.log" 2>&1 || status=$?
  echo "$status" > "$LOGS/check.status"
}

tap_count() { sed -n "s/^# $2 \([0-9]*\)\$/\1/p" "$1" | awk '{ n += $1 } END { print n + 0 }'; }

# Tests say why they skip: "SKIP: ..." in ctest's, "ok 3 - name # SKIP reason" in Node's.
collect_skips() {
  local line
  while IFS= read -r line; do
    skipped=$((skipped + 1))
    reasons+=("$2: $line")
  done < <(sed -nE 's/^([0-9]+: )?SKIP: (.*)$/\2/p; s/^ *ok [0-9]+ - (.*) # SKIP ?(.*)$/\1: \2/p' "$1" | sort -u)
}

run_ctest release
run_ctest asan
run_ctest arm64
# Each of these keeps one core busy, so two queues of them share the machine; what they print is looked at afterwards.
{
  LIC_TEST_BROWSER=firefox run_node firefox test:browser
} &
{
  run_node web test:web
  run_node browser test:browser
  run_check
} &
wait
for name in web browser firefox; do count_node "$name"; done
if [ "$(cat "$LOGS/check.status" 2> /dev/null)" = 0 ]; then
  passed=$((passed + 1))
else
  failed=$((failed + 1))
  tail -30 "$LOGS/check.log" || true
fi

if [ ${#reasons[@]} -gt 0 ]; then
  echo "skipped:"
  printf '  %s\n' "${reasons[@]}"
fi
if [ "${LIC_TEST_STRICT:-0}" = 1 ] && [ "$skipped" -gt 0 ]; then
  echo "tests were skipped where none may be"
  failed=$((failed + 1))
fi
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
