#!/usr/bin/env bash
# Builds presets into build/<preset>/ and, after wasm, wasm-relaxed and of both the web package into dist/:
#   scripts/build.sh release wasm
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

# The compiler cache gives objects of earlier builds to every checkout; scripts/setup.sh test installs it. Its key is
# what a file includes and how it is compiled, with paths taken relative to the checkout.
if command -v ccache > /dev/null; then
  export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
  export CCACHE_DIR=$PREFIX/ccache CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=2G
  # emcc is a script: its own date does not tell which clang it calls.
  CCACHE_COMPILERCHECK="string:$EMSCRIPTEN_VERSION $(clang-19 --version | head -1)"
  export CCACHE_COMPILERCHECK
fi

build_preset() {
  say "building $1"
  mkdir -p build
  local log=build/$1.log
  if ! { cmake --preset "$1" && cmake --build --preset "$1" -j "$JOBS"; } > "$log" 2>&1; then
    sed "/^\[[0-9]*\/[0-9]*\] /d" "$log" | tail -30 >&2
    die "the build of $1 failed; see $log"
  fi
}

# npm's packages are a build's tools only; the web package has no dependency at run time.
install_npm_packages() {
  [ node_modules/.package-lock.json -nt package-lock.json ] && return
  say "installing npm packages"
  npm ci --silent --no-audit --no-fund > /dev/null
  touch node_modules/.package-lock.json
}

for preset in "$@"; do
  build_preset "$preset"
done
case " $* " in
  *" wasm "*)
    build_preset wasm-relaxed
    install_npm_packages
    npm run --silent build
    ;;
esac
