# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with scripts/setup
# Part of scripts/setup: Debian's packages.

missing_packages() {  # [COMMAND:]PACKAGE...: in addition to those that every build needs
  local name installed package libraries=()
  for name in cmake:cmake ninja:ninja-build g++:g++ ccache:ccache git:git pkg-config:pkg-config \
    ca-certificates python3 python3-venv libboost-dev libcli11-dev libgloo-dev libgmock-dev \
    libgtest-dev libhiredis-dev libjemalloc-dev libsimdjson-dev libspdlog-dev libsqlite3-dev libssl-dev libyaml-cpp-dev libzstd-dev \
    nlohmann-json3-dev prometheus-cpp-dev zlib1g-dev "$@"; do
    # A tool is looked up by its command, so that one from elsewhere will do.
    if [[ $name != *:* ]]; then
      libraries+=("$name")
    elif ! command -v "${name%%:*}" >/dev/null; then
      printf '%s ' "${name#*:}"
    fi
  done
  # shellcheck disable=SC2016  # the ${} are dpkg's
  installed=$(dpkg-query -W -f '${Package}:${db:Status-Status}\n' "${libraries[@]}" 2>/dev/null || true)
  for package in "${libraries[@]}"; do
    [[ $'\n'$installed$'\n' == *$'\n'"$package:installed"$'\n'* ]] || printf '%s ' "$package"
  done
}

install_packages() {
  command -v dpkg-query >/dev/null || { say "not Debian or Ubuntu: system packages are taken as installed"; return; }
  local missing as_root=() log=$cache/apt.log
  missing=$(missing_packages "$@")
  [[ -n $missing ]] || { say "system packages: all there"; return; }
  if ((EUID != 0)); then
    as_root=(sudo)
    [[ -t 0 ]] || as_root+=(-n)
    "${as_root[@]}" true 2>/dev/null ||
      die "system packages are missing and this user may not install them; have them installed with: apt-get install ${missing% }"
  fi
  lock_cache
  missing=$(missing_packages "$@")  # another set-up may have installed them meanwhile
  [[ -n $missing ]] || { say "system packages: all there"; return; }
  need_space /usr 2 "installing system packages"
  say "installing ${missing% }"
  local packages apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  read -ra packages <<<"$missing"
  if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${packages[@]}"; } >"$log" 2>&1; then
    if grep -q 'Unable to locate package' "$log"; then
      die "apt knows no package $(sed -n 's/.*Unable to locate package //p' "$log" | xargs): on Ubuntu, enable 'universe'; log: $log"
    elif grep -qE 'Failed to fetch|Could not resolve|Unable to connect|Cannot initiate' "$log"; then
      die "apt could not download: check the network and apt's sources, then run this again; log: $log"
    fi
    die "apt-get failed: $(grep -m1 '^E: ' "$log" || tail -n1 "$log"); log: $log"
  fi
}
