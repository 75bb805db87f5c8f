# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with scripts/setup
# Part of scripts/setup: finds LibTorch, or downloads it. Results: torch_prefix, torch_python (the
# Python that it is for).

readonly torch_version=2.11.0
readonly oldest_torch=2.6

# torch_config PREFIX: the folder of LibTorch's CMake files there (Debian keeps them below lib/).
torch_config() {
  local file
  for file in "$1"/share/cmake/Torch/TorchConfig.cmake "$1"/lib/{,*/}cmake/Torch/TorchConfig.cmake; do
    if [[ -f $file ]]; then
      dirname "$file"
      return
    fi
  done
  return 1
}

# use_torch PREFIX: takes the LibTorch there, or says in `why` what is wrong with it.
use_torch() {
  local prefix=$1 config version major='' site
  why=''
  cuda_home=''
  config=$(torch_config "$prefix") || { why="$prefix/share/cmake/Torch/TorchConfig.cmake is not there"; return 1; }
  version=$(sed -n 's/.*set(PACKAGE_VERSION "\([0-9.]*\).*/\1/p' "$config/TorchConfigVersion.cmake")
  printf '%s\n' "$oldest_torch" "$version" | sort -VC ||
    { why="it is LibTorch $version, and $oldest_torch or later is needed"; return 1; }
  ! grep -q 'GLIBCXX_USE_CXX11_ABI=0' "$config/TorchConfig.cmake" ||
    { why="it was built for the old C++ ABI, which Debian's libraries do not have"; return 1; }
  if [[ -f $prefix/lib/libc10_cuda.so ]]; then
    major=$(grep -aoE -m1 'libcudart[-0-9a-f]*\.so\.[0-9]+' "$prefix/lib/libc10_cuda.so" | sed -n '1s/.*\.//p')
    site=$(dirname "$prefix")
    if cuda_home=$(toolkit_of "$major"); then
      :
    elif grep -q "define CUDA_VERSION ${cuda_major}00" "$site/nvidia/cu$cuda_major/include/cuda.h" 2>/dev/null; then
      make_toolkit "$site"
    else
      why="it is a CUDA build, and there is no CUDA $major toolkit (nvcc) here to build against it"
      return 1
    fi
  fi
  torch_prefix=$prefix
  say "LibTorch $version at $prefix${cuda_home:+ (CUDA $major: $cuda_home)}"
}

# Where the torch is that python3 on PATH would import. Importing it would take seconds.
imported_torch() {
  (cd / && python3 -c 'import importlib.util as u; s = u.find_spec("torch"); print(s.submodule_search_locations[0])') 2>/dev/null
}

find_torch() {
  local prefix prefixes
  if [[ -n ${LIBTORCH:-} ]]; then
    use_torch "$(realpath -m "$LIBTORCH")" ||
      die "LIBTORCH=$LIBTORCH cannot be used: $why (give the libtorch folder that holds share/cmake/Torch, or unset LIBTORCH)"
    return
  fi
  IFS=':;' read -ra prefixes <<<"${CMAKE_PREFIX_PATH:-}"
  for prefix in "${prefixes[@]}"; do
    # torch.utils.cmake_prefix_path ends in share/cmake.
    [[ ! -f $prefix/Torch/TorchConfig.cmake ]] || prefix=${prefix%/share/cmake}
    torch_config "$prefix" >/dev/null || continue
    if use_torch "$prefix"; then return; fi
    say "LibTorch at $prefix (CMAKE_PREFIX_PATH) is skipped: $why"
  done
  if prefix=$(imported_torch); then
    torch_python=python3
    if use_torch "$prefix"; then return; fi
    say "LibTorch at $prefix (python3 imports it) is skipped: $why"
  fi
  torch_python=$system_python
  if torch_config /usr >/dev/null; then
    if use_torch /usr; then return; fi
    say "LibTorch at /usr (libtorch-dev) is skipped: $why"
  fi
  download_torch
}

download_torch() {
  local folder=$cache/torch-$torch_version kind=libtorch
  # A toolkit with all its libraries saves most of the download.
  if ! toolkit_of "$cuda_major" >/dev/null || ! has_cuda_libraries; then kind="libtorch cuda"; fi
  if [[ $(mark_of "$folder") != "$kind"* ]]; then
    lock_cache
    if [[ $(mark_of "$folder") != "$kind"* ]]; then  # another set-up may have finished it meanwhile
      fetch_torch "$folder" "$kind"
    fi
  fi
  use_torch "$folder/torch" || die "LibTorch at $folder cannot be used: $why (remove that folder and run this again)"
}

fetch_torch() {  # FOLDER KIND
  local elsewhere=", or set MARQUEE_CACHE to a folder with more, or LIBTORCH to a LibTorch that is there"
  local gigabytes=3 size="0.8 GB" names
  [[ $2 == libtorch ]] || { gigabytes=7; size="2.4 GB"; }
  need_space "$cache" $gigabytes "LibTorch" "$elsewhere"
  say "downloading LibTorch $torch_version ($size) to $1"
  fresh_partial
  read -ra names <<<"$2"
  download "${names[@]}"
  finish_partial "$1" "$2"
}
