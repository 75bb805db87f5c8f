# shellcheck shell=bash disable=SC2154  # Torch_ROOT is scripts/setup's
# Part of the scripts that build: builds build/release with the LibTorch of Torch_ROOT.

build_release() {  # [package] OPTION...: for cmake --build; package: installed as packages are
  local was preset=release
  if [[ ${1:-} == package ]]; then preset=package; shift; fi
  # CMake keeps what it found: a folder configured with another LibTorch has to be configured anew.
  was=$(sed -n 's/^Torch_DIR:PATH=//p' build/release/CMakeCache.txt 2>/dev/null || true)
  if [[ -n $was && $(realpath -m "$was") != "$(realpath -m "$Torch_ROOT")"/* ]]; then
    echo "build/release was configured with the LibTorch at $was: configuring it anew" >&2
    rm -rf build/release/CMakeCache.txt build/release/CMakeFiles
  fi
  cmake --preset $preset
  cmake --build --preset release "$@"
}
