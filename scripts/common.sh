# Sourced by the other scripts: messages, the prefix, and Debian packages.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
JOBS=${JOBS:-$(nproc)}

# Where toolchains lie, outside every checkout. The home folder serves as well as /opt.
if [ -z "${PREFIX:-}" ]; then
  if [ "$(id -u)" = 0 ]; then PREFIX=/opt/lic-toolchain; else PREFIX=$HOME/.cache/lic-toolchain; fi
fi
PREFIX=$(realpath -m "$PREFIX")
EMSCRIPTEN_VERSION=3.1.69

# Where setup.sh keeps XNNPACK built: a folder for each content of the files that say how.
xnnpack_files=("$ROOT/cmake/xnnpack.cmake" "$ROOT"/cmake/xnnpack/{CMakeLists.txt,*/*.h})
LIC_XNNPACK_BUILT=$PREFIX/xnnpack-$(cat "${xnnpack_files[@]}" - <<< "$EMSCRIPTEN_VERSION" | sha256sum | cut -c1-12)
export LIC_XNNPACK_BUILT

say() { printf '[%4ds] %s\n' "$SECONDS" "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    command -v sudo > /dev/null || die "root is needed for: $* (no sudo here; run it as root once)"
    sudo "$@"
  fi
}

# Installs those of the named Debian packages that are missing.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  # shellcheck disable=SC2016  # the inner shell expands "$@"
  local install='apt-get update -q > /dev/null && apt-get install -y -q --no-install-recommends "$@" > /dev/null'
  as_root env DEBIAN_FRONTEND=noninteractive sh -c "$install" sh "${missing[@]}" \
    || die "apt-get could not install: ${missing[*]}"
}
