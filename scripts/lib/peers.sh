# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with scripts/setup
# Part of scripts/setup: the Python libraries that tests compare with. Result: MARQUEE_PYTHON.

# Sets MARQUEE_PYTHON to a Python with the peers and torch, or says in `why` why there is none.
find_peers() {
  local site python key folder
  site=$(dirname "$torch_prefix")
  [[ -f $torch_prefix/__init__.py ]] || { why="this LibTorch has no Python half"; return 1; }
  python=$("$torch_python" -c 'import sys; print(sys.executable)')
  key=$({ cat "$scripts/peers-requirements.txt"; echo "$site"; "$python" --version; } | cksum)
  folder=$cache/peers-${key%% *}
  if [[ -z $(mark_of "$folder") ]]; then
    cache_is_writable || { why="cannot write to $cache"; return 1; }
    lock_cache
    if [[ -z $(mark_of "$folder") ]]; then
      install_peers "$site" "$python" "$folder" || return 1
    fi
  fi
  MARQUEE_PYTHON=$folder/bin/python
  say "Python peers: $MARQUEE_PYTHON"
}

install_peers() {  # SITE PYTHON FOLDER
  say "installing the Python libraries that tests compare with"
  fresh_partial
  "$2" -m venv "$partial/new" >"$cache/pip.log" 2>&1 || { why="$2 -m venv failed; log: $cache/pip.log"; return 1; }
  pip_install "$partial/new/bin/python" -r "$scripts/peers-requirements.txt" || return 1
  # torch's folder goes last on the path, so that the pinned libraries win.
  echo "$1" >"$(echo "$partial"/new/lib/python3.*/site-packages)/marquee-torch.pth"
  "$partial/new/bin/python" -c 'import torch, numpy, pandas, polars, surprise' >"$cache/pip.log" 2>&1 ||
    { why="$2 cannot import torch and the peers; log: $cache/pip.log"; return 1; }
  finish_partial "$3" "$1"
}
