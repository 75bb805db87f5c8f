# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with cache.sh
# Part of scripts/release: a Python with spdx-tools, in the cache folder that scripts/setup uses.

scripts=$PWD/scripts
cache=$(realpath -m "${MARQUEE_CACHE:-${XDG_CACHE_HOME:-${HOME:?set HOME or MARQUEE_CACHE}/.cache}/marquee}")
# shellcheck source=scripts/lib/cache.sh
source scripts/lib/cache.sh

spdx_python() {
  local mark folder
  mark=$(cksum <"$scripts/spdx-requirements.txt")
  folder=$cache/spdx
  if [[ $(mark_of "$folder") != "$mark" ]]; then
    fresh_partial
    "$system_python" -m venv "$partial/new" >"$cache/pip.log" 2>&1 || die "$system_python -m venv failed; log: $cache/pip.log"
    pip_install "$partial/new/bin/python" -r "$scripts/spdx-requirements.txt" || die "$why"
    finish_partial "$folder" "$mark"
  fi
  printf '%s' "$folder/bin/python"
}
