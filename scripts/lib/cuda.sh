# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with scripts/setup
# Part of scripts/setup: finds a CUDA toolkit, or makes one. find_package(Torch) of a CUDA build of
# LibTorch insists on nvcc, whether or not there is a GPU. Result: cuda_home.

readonly cuda_major=13  # of the LibTorch that is downloaded

nvcc_major() { "$1/bin/nvcc" --version 2>/dev/null | sed -n 's/.*release \([0-9]*\)\..*/\1/p'; }

# toolkit_of MAJOR: the CUDA toolkit of that version on this machine, if any.
toolkit_of() {
  local nvcc home
  nvcc=$(command -v nvcc || true)
  [[ -z $nvcc ]] || nvcc=$(dirname "$(dirname "$(realpath "$nvcc")")")
  for home in "${CUDA_HOME:-}" "${CUDA_PATH:-}" "$nvcc" /usr/local/cuda; do
    if [[ -n $home && $(nvcc_major "$home") == "$1" ]]; then
      printf '%s' "$home"
      return
    fi
  done
  return 1
}

# Are CUDA's libraries, cuDNN and NCCL where every program finds them?
has_cuda_libraries() {
  local library have
  have=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p)
  for library in libcudart.so.13 libcublas.so.13 libcublasLt.so.13 libcufft.so.12 libcurand.so.10 \
    libcusparse.so.12 libcupti.so.13 libnvrtc.so.13 libcudnn.so.9 libnccl.so.2; do
    [[ $have == *"$library "* ]] || return 1
  done
}

# make_toolkit SITE: a toolkit for machines without one, from PyPI's compiler and links to the
# headers and libraries that came with torch in SITE. Nothing is written to SITE, which may be the
# user's own.
make_toolkit() {
  local site=$1 folder=$cache/cuda-$cuda_major.0 mark home library
  mark="$site, $(cksum <"$scripts/nvcc-requirements.txt")"
  if [[ $(mark_of "$folder") != "$mark" ]]; then
    lock_cache
    if [[ $(mark_of "$folder") != "$mark" ]]; then
      need_space "$cache" 1 "the CUDA compiler"
      say "downloading the CUDA compiler (100 MB), which LibTorch's CMake files insist on"
      fresh_partial
      download nvcc
      home=$partial/new/nvidia/cu$cuda_major
      cp -rsf "$site/nvidia/cu$cuda_major/." "$home/" || die "could not link the CUDA libraries into $home"
      ln -s lib "$home/lib64"
      for library in "$home"/lib/lib*.so.*; do  # the linker wants libX.so; wheels have libX.so.N
        ln -sf "${library##*/}" "${library%%.so.*}.so"
      done
      finish_partial "$folder" "$mark"
    fi
  fi
  cuda_home=$folder/nvidia/cu$cuda_major
}
