#!/usr/bin/env bash
# Shows what LIC does with photographs: sets up, builds, encodes, decodes three ways, measures, and writes demo-out/:
# .lic files of eleven qualities, and files by LIC's other codings, JPEG and AVIF of the size of the one of quality 50.
#   scripts/demo.sh [PHOTO...] [--serve] [--with-browser | --no-browser]
# PHOTO is a PNG, JPEG or PPM file. Without one: ../shared/data/kodak where that lies, else photographs of Debian's
# package mate-backgrounds, which is downloaded and unpacked under $PREFIX, not installed.
#   --serve         afterwards serve the demo page on localhost, until interrupted
#   --with-browser  decode in Chromium too, and install it if it is missing; by default only if it is there
#   --no-browser    do not
# A photo that fails is named, the others go on, and the exit status is 1.
set -euo pipefail
. "$(dirname "$0")/common.sh"

usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; }

photos=() serve=no browser=auto
for argument in "$@"; do
  case $argument in
    --serve) serve=yes ;;
    --with-browser) browser=yes ;;
    --no-browser) browser=no ;;
    -h | --help) usage && exit ;;
    -*) usage >&2 && die "unknown option $argument" ;;
    *) photos+=("$(realpath -ms -- "$argument")") ;;
  esac
done
cd "$ROOT"

# The nature photographs of mate-backgrounds, in a folder for their version, with their copyright file.
download_photos() {
  local package=mate-backgrounds version folder
  apt-cache show "$package" > /dev/null 2>&1 || as_root apt-get update -q > /dev/null
  version=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p')
  [ -n "$version" ] || die "apt knows no package $package; name photos of your own"
  folder=$PREFIX/photos/$package-$version
  if [ ! -d "$folder" ]; then
    say "downloading photographs: Debian's $package $version, about 47 MB"
    rm -rf "$folder.new"
    mkdir -p "$folder.new"
    (cd "$folder.new" && apt-get download -q -o APT::Sandbox::User=root "$package=$version" > /dev/null) \
      || die "apt-get could not download $package"
    dpkg-deb --fsys-tarfile "$folder.new"/*.deb | tar x -C "$folder.new" --strip-components=5 --wildcards \
      './usr/share/backgrounds/mate/nature/*.jpg' "./usr/share/doc/$package/copyright"
    rm "$folder.new"/*.deb
    mv "$folder.new" "$folder"
  fi
  mapfile -t photos < <(find "$folder" -name '*.jpg' | sort | head -3)
}

choose_photos() {
  [ ${#photos[@]} = 0 ] || return 0
  if [ -d ../shared/data/kodak ]; then
    mapfile -t photos < <(find "$(realpath ../shared/data/kodak)" -name '*.png' | sort | head -4)
  fi
  [ ${#photos[@]} -gt 0 ] || download_photos
}

scripts/setup.sh native wasm
need_packages libjpeg-turbo-progs libavif-bin
[ "$browser" != yes ] || need_packages chromium
. scripts/env.sh
scripts/build.sh release wasm
choose_photos

status=0
say "encoding and decoding ${#photos[@]} photos"
node scripts/demo/main.js --browser "$browser" -- "${photos[@]}" || status=$?
if [ "$serve" = yes ] && [ -e demo-out/manifest.json ]; then
  npm run --silent demo:serve || status=$?
fi
exit "$status"
