# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with scripts/setup
# Part of scripts/setup: the cache folder, and downloads from PyPI into it.

readonly system_python=/usr/bin/python3  # apt's: sure to have venv, once python3-venv is there

cache_is_writable() { mkdir -p "$cache" 2>/dev/null && [[ -w $cache ]]; }

# Takes the lock that one set-up at a time holds. Programs it starts inherit the lock, so that a
# pip which outlives a killed set-up still keeps the next one from clearing its folder away.
lock_cache() {
  [[ -z ${locked:-} ]] || return 0
  cache_is_writable ||
    die "cannot write to the cache folder $cache: set MARQUEE_CACHE to a folder that you can write to"
  exec 9>"$cache/lock"
  flock -n 9 || { say "waiting for another set-up to finish (lock: $cache/lock)"; flock 9; }
  locked=yes
}

# Everything is made in the folder `partial` and renamed when complete: a set-up killed at any
# moment leaves nothing that looks like an installation.
fresh_partial() {
  lock_cache
  rm -rf "$cache"/partial.*
  partial=$cache/partial.$$
  trap 'rm -rf "$partial"' EXIT
  mkdir "$partial" "$partial/tmp" || die "could not make $partial"
}

finish_partial() {  # FOLDER MARK: what is in partial/new becomes FOLDER
  if ! { printf '%s\n' "$2" >"$partial/new/.marquee-complete" && rm -rf "$1" && mv "$partial/new" "$1"; }; then
    die "could not complete $1"
  fi
  rm -rf "$partial"
}

mark_of() { cat "$1/.marquee-complete" 2>/dev/null || true; }

need_space() {  # FOLDER GIGABYTES WHAT
  local at=$1 free
  while [[ ! -e $at ]]; do at=$(dirname "$at"); done
  free=$(df -Pk "$at" | awk 'NR == 2 {print int($4 / 1000000)}')
  ((free >= $2)) || die "$3 needs $2 GB of disk space and $at has $free GB: free some${4:-}"
}

# pip_install PYTHON OPTION...: wheels of pinned hash only. On failure `why` says what to do.
# pip's own cache is left out: it would keep gigabytes a second time.
pip_install() {
  local python=$1 log=$cache/pip.log
  shift
  TMPDIR=$partial/tmp PIP_USER=false "$python" -I -m pip install --no-input --no-cache-dir \
    --disable-pip-version-check --require-hashes --no-deps --only-binary=:all: "$@" \
    >"$log" 2>&1 && return
  if grep -qi 'no space left' "$log"; then
    why="the disk is full"
  elif grep -q 'DO NOT MATCH THE HASHES' "$log"; then
    why="a downloaded file is not the one that was pinned (damaged, or changed by a proxy)"
  elif grep -qE 'Retrying|ConnectionError|[Tt]imed out|Temporary failure|ProxyError|SSLError|Incomplete' "$log"; then
    why="PyPI could not be reached: check the network, then run this again"
  elif grep -q 'No matching distribution' "$log"; then
    why="PyPI has no build for $("$python" --version) on $(uname -m)"
  else
    why="pip failed: $(grep -m1 '^ERROR' "$log" || tail -n1 "$log")"
  fi
  why+="; log: $log"
  return 1
}

# download NAME...: what scripts/NAME-requirements.txt list goes to partial/new.
download() {
  local name files=()
  for name in "$@"; do files+=(-r "$scripts/$name-requirements.txt"); done
  # Debian's own Python refuses pip (PEP 668), so pip comes from a venv.
  "$system_python" -m venv "$partial/venv" >"$cache/pip.log" 2>&1 ||
    die "$system_python -m venv failed: install python3-venv; log: $cache/pip.log"
  pip_install "$partial/venv/bin/python" --target "$partial/new" "${files[@]}" || die "$why"
}
