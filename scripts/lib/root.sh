# shellcheck shell=bash
# Part of the scripts that try what was built on a bare Debian: a root folder of its own, which
# needs the rights of root. Scripts that source this run in a mount namespace of their own, so that
# no mount outlives them.

suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
readonly suite

# own_namespace SCRIPT ARGUMENT...: starts the script again in a mount namespace.
own_namespace() {
  [[ -z ${MARQUEE_NAMESPACE:-} ]] || return 0
  ((EUID == 0)) || { echo "$(basename "$1"): roots of their own need the rights of root" >&2; exit 1; }
  MARQUEE_NAMESPACE=1 exec unshare --mount --propagation private bash "$@"
}

# bare_root DIR: the smallest Debian that apt can be used in, of this machine's release.
bare_root() {
  debootstrap --variant=minbase "$suite" "$1" >"$1.log" 2>&1 ||
    { tail -n 5 "$1.log" >&2; echo "debootstrap failed; log: $1.log" >&2; exit 1; }
  mount_system "$1"
}

mount_system() { # DIR
  mount -t proc proc "$1/proc"
  mount --rbind /dev "$1/dev"
  mount --rbind /sys "$1/sys"  # allocators look there for huge pages
  cp /etc/resolv.conf "$1/etc/resolv.conf"
}

# in_root DIR USER COMMAND...: with an environment of its own. USER: root or numeric. With
# via=(exec) it takes the place of the shell, so that a signal to the shell reaches the command.
via=()
in_root() {
  local root=$1 user=$2
  shift 2
  local ids=()
  [[ $user == root ]] || ids=("--userspec=$user:$user")
  "${via[@]}" chroot "${ids[@]}" "$root" env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/tmp LC_ALL=C.UTF-8 "$@"
}
