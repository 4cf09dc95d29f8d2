# Source this for a shell in which `cmake --preset release` and `cmake --preset wasm` work, after scripts/setup.sh.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ -e "$PREFIX/env.sh" ] || die "run scripts/setup.sh first"
. "$PREFIX/env.sh"
