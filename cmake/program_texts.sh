#!/usr/bin/env bash
# program_texts.sh PROGRAM OUT: man pages and completions of a program, from what it says itself.
#   OUT/man1/*.1.gz, one page for the program and one for each subcommand; OUT/{bash,zsh,fish}
set -euo pipefail

program=$1 out=$2
name=$(basename "$program")
rm -rf "$out" && mkdir -p "$out/man1"

subcommands() { "$program" completion fish | sed -n "s/.*-n 'not __fish.* -a \([a-z]*\) -d.*/\1/p"; }

page() { # PAGE WORD...: the page of `PROGRAM WORD...`
  local page=$1 version summary
  shift
  version=$("$program" --version)
  summary=$("$program" "$@" --help | head -n 1)
  help2man --no-info --name="$summary" --version-string="${version#* }" --section=1 \
    --source="${version% (*}" "$program${*:+ $*}" |
    # Lines of examples stay lines; the title is the page's name.
    sed -e "s/^\.TH [^ ]*/.TH ${page^^}/" -e "/^\.SH NAME/{n;s/^.* \\\\-/$page \\\\-/}" \
      -e '/^\.SH EXAMPLES/,/^\.PP/{s/^\.IP$/.PP\n.nf/;t;s/^\.PP$/.fi\n.PP/}' |
    gzip -9n >"$out/man1/$page.1.gz"
}

if command -v help2man >/dev/null; then
  page "$name"
  for subcommand in $(subcommands); do
    # `marquee serve` and the program marquee-serve have one page, the program's.
    [[ $name == marquee && $subcommand != serve ]] || continue
    page "$name-$subcommand" "$subcommand"
  done
else
  echo "man pages are left out: help2man is not installed" >&2
fi
for shell in bash zsh fish; do "$program" completion $shell >"$out/$shell"; done
