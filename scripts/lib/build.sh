# shellcheck shell=bash disable=SC2154  # Torch_ROOT is scripts/setup's
# Part of scripts/quickstart and scripts/test: builds build/release with the LibTorch of Torch_ROOT.

build_release() {  # OPTION...: for cmake --build
  local was
  # CMake keeps what it found: a folder configured with another LibTorch has to be configured anew.
  was=$(sed -n 's/^Torch_DIR:PATH=//p' build/release/CMakeCache.txt 2>/dev/null || true)
  if [[ -n $was && $(realpath -m "$was") != "$(realpath -m "$Torch_ROOT")"/* ]]; then
    echo "build/release was configured with the LibTorch at $was: configuring it anew" >&2
    rm -rf build/release/CMakeCache.txt build/release/CMakeFiles
  fi
  cmake --preset release
  cmake --build --preset release "$@"
}
