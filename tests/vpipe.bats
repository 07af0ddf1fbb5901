# vpipe(1): the command in front; installed, completed, asked for help
load helper

vpipe() {
  "$BIN/vpipe" "$@"
}

@test "alone it lists each command with its purpose, on lines of 80 columns" {
  run -0 --separate-stderr vpipe
  [ -z "$stderr" ]
  for command in $(vpipe --list); do
    purpose=$(sed -n '2s/^# .* - //p' "$ROOT/scripts/$command")
    grep -Eq "^  $command +$(sed 's/[*.]/\\&/g' <<<"$purpose")$" <<<"$output"
  done
  ! grep '.\{81\}' <<<"$output"
  same "$output" "$(vpipe --help)"
  # and all there is
  same "$(cd "$ROOT/scripts" && ls | grep -v '\.\(1\|sh\)$' | grep -vx 'vpipe\|test\|image\|lib')" \
    "$(vpipe --list | LC_ALL=C sort)"
}

@test "a command is the script of that name, from any folder and through a link" {
  ln -s "$BIN/vpipe" "$tmp/linked"
  cd /
  for program in "$BIN/vpipe" "$tmp/linked" "$ROOT/scripts/vpipe"; do
    run -0 --separate-stderr "$program" config VPIPE_REJECTS
    same 'VPIPE_REJECTS=0.05	(default)' "$output"
  done
  fails 64 "load: no such option '--nonsense'; see --help" vpipe load --nonsense
}

@test "a wrong name gets the nearest ones" {
  fails 64 "no command 'catalgo'; nearest: catalog; vpipe alone lists them all" vpipe catalgo
  fails 64 "no command 'xyzzy'; vpipe alone lists them all" vpipe xyzzy
  fails 64 "no command '../bin/vput'; vpipe alone lists them all" vpipe ../bin/vput
  fails 64 "no command ''; vpipe alone lists them all" vpipe ''
  fails 64 "no page of 'evnts'; nearest: events" vpipe help evnts
  fails 64 "no such option '--nonsense'" vpipe --nonsense
  fails 64 "no command 'a?b'" vpipe $'a\nb'
}

@test "help shows the page of each command, program and topic" {
  # man takes its time: of each kind one, and of the others that there is a page
  for name in catalog vput events vpipe.conf; do
    run -0 --separate-stderr vpipe help "$name"
    # mandoc prints bold as X, backspace, X
    [[ $(sed 's/.\x08//g' <<<"$output") == *NAME*$name*DESCRIPTION* ]]
  done
  for name in $(vpipe --list); do
    [ -s "$ROOT/scripts/$name.1" ]
  done
  [[ $(vpipe help s3 | head -n 1) == 'VPIPE-S3(1)'* ]]
  [[ $(vpipe help 7 s3 | head -n 1) == 'VPIPE-S3(7)'* ]]
  [[ $(vpipe help | head -n 1) == 'VPIPE(1)'* ]]
}

@test "one version: of the command, the programs, and what vfetch calls itself" {
  version=$(sed -n 's/^#define VPIPE_VERSION "\(.*\)"$/\1/p' "$ROOT/src/lib/msg.h")
  same "vpipe $version" "$(vpipe --version)"
  for program in vfetch vput vraw vwrap vnormalize vredact vsnapshot vsurv vimg vupsert vplace vparquet vconf; do
    same "$program $version" "$("$BIN/$program" --version)"
  done
}

@test "installed it works from anywhere, with its pages and completions; uninstalled nothing is left" {
  [[ $BIN != *asan* ]] || skip "what is installed is no sanitized program"
  O=${O:-$ROOT/build}
  run -0 make -s -C "$ROOT" BIN="$BIN" O="$O" install DESTDIR="$tmp/root" PREFIX=/usr
  [[ $output == "installed "*" vpipe in $tmp/root/usr/bin,"* ]]
  cd /
  unset VPIPE_BIN
  vpipe=$tmp/root/usr/bin/vpipe
  env -i PATH=/usr/bin:/bin HOME="$tmp" "$vpipe" config VPIPE_SCHEMA >"$tmp/schema" 2>"$tmp/words"
  same "VPIPE_SCHEMA=$tmp/root/usr/lib/vpipe/schema	(default)" "$(cat "$tmp/schema")"
  [ ! -s "$tmp/words" ]
  "$vpipe" help events >"$tmp/page"
  grep -q EVENTS "$tmp/page"
  [[ $("$vpipe") != *quickstart* ]]
  [ -s "$tmp/root/usr/share/bash-completion/completions/vpipe" ]
  grep -qx "\.Os $("$vpipe" --version)" "$tmp/root/usr/share/man/man1/vpipe-catalog.1"
  [ -s "$tmp/root/usr/share/man/man7/vpipe-events.7" ]
  make -s -C "$ROOT" BIN="$BIN" O="$O" uninstall DESTDIR="$tmp/root" PREFIX=/usr
  same '' "$(find "$tmp/root" ! -type d)"
}

# completed WORDS...: what bash offers for the last of them
completed() {
  bash -c 'source "$1"; shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _vpipe; printf "%s\n" "${COMPREPLY[@]}"' \
    - "$tmp/completion" "$@" | LC_ALL=C sort
}

@test "bash completes what --help says: commands, subcommands, options" {
  vpipe completion bash >"$tmp/completion"
  same "$( (vpipe --list; echo help) | LC_ALL=C sort)" "$(completed vpipe '')"
  same $'catalog\nchanges\ncompletion\nconfig\ncron\ncrontab' "$(completed vpipe c)"
  for command in $(vpipe --list); do
    same "$("$ROOT/scripts/$command" --help | sed -n 's/^ \+\(-., \)\?\(--[a-z-]*\).*/\2/p' | LC_ALL=C sort -u)" \
      "$(completed vpipe "$command" --)"
  done
  same "$(vput --help | sed -n 's/^ \+\(-., \)\?\(--[a-z-]*\).*/\2/p' | LC_ALL=C sort -u)" \
    "$(completed vput --)"
  [[ $(completed vraw '') == *check*list*renew*replace*unpack* ]]
  [[ $(completed vpipe db '') == *migrate*psql*run*start*status*stop* ]]
}

@test "zsh and fish get the same words" {
  for word in --since --pending migrate --write; do
    vpipe completion zsh | grep -q "\"$word:"
  done
  vpipe completion fish | grep -q -- "complete -c vpipe -n '__fish_seen_subcommand_from changes' -l since -r -d "
  fails 64 '' vpipe completion tcsh || [ "$status" -eq 64 ]
}
