# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with scripts/setup
# Part of scripts/setup: Arrow's C++ libraries, for Parquet. Result: MARQUEE_PYARROW, where they are
# not the system's.

readonly pyarrow_version=26.0.1

# Finds Arrow, or says in `why` why there is none.
find_arrow() {
  local folder=$cache/pyarrow-$pyarrow_version config
  [[ -z ${MARQUEE_PYARROW:-} ]] || return 0
  for config in /usr/lib/{,*/}cmake/Parquet/ParquetConfig.cmake; do
    if [[ -f $config ]]; then say "Arrow: $config"; return; fi
  done
  if [[ -z $(mark_of "$folder") ]]; then
    cache_is_writable || { why="cannot write to $cache"; return 1; }
    lock_cache
    if [[ -z $(mark_of "$folder") ]]; then
      install_arrow "$folder" || return 1
    fi
  fi
  MARQUEE_PYARROW=$folder/pyarrow
  say "Arrow: $MARQUEE_PYARROW"
}

install_arrow() {  # FOLDER
  say "downloading Arrow (pyarrow $pyarrow_version, 50 MB) to $1"
  fresh_partial
  "$system_python" -m venv "$partial/pip" >"$cache/pip.log" 2>&1 ||
    { why="$system_python -m venv failed; log: $cache/pip.log"; return 1; }
  mkdir "$partial/new"
  pip_install "$partial/pip/bin/python" --target "$partial/new" -r "$scripts/arrow-requirements.txt" || return 1
  finish_partial "$1" "$pyarrow_version"
}
