# vconf(1): settings, checked against one table
load helper

setup() {
  export VPIPE_CONF=$tmp/conf
}

# refused LINE WORDS: as line 2 of the file, by a program and by a script
refused() {
  printf 'VPIPE_PERIOD=1h\n%s\n' "$1" >"$VPIPE_CONF"
  fails 78 "$VPIPE_CONF:2: $2" vconf
  fails 78 "$VPIPE_CONF:2: $2" vraw check
  fails 78 "$VPIPE_CONF:2: $2" "$ROOT/scripts/changes"
}

@test "a name that is no setting is refused, with the line and the nearest one" {
  refused VPIPE_CATALOG=x "'VPIPE_CATALOG' is no setting; nearest: VPIPE_CATALOGS"
  refused VIPPE_LIVE=yes "'VIPPE_LIVE' is no setting; nearest: VPIPE_LIVE"
  refused 'VPIPE_LIVE =yes' "'VPIPE_LIVE ' is no setting; nearest: VPIPE_LIVE"
  refused 'export VPIPE_LIVE=yes' "'export VPIPE_LIVE' is no setting"
  refused VPIPE_NOW=2026-01-01T00:00:00Z "'VPIPE_NOW' is no setting"
  refused HOME=/x "'HOME' is no setting"
  refused $'VPIPE_\x1b[31m=x' "'VPIPE_?[31m' is no setting"
}

@test "a value of the wrong form is refused, and what the setting takes is said" {
  refused VPIPE_IMAGE_SIZE=huge "VPIPE_IMAGE_SIZE takes list, full, or a size of the photo's as thumb310x430, not 'huge'"
  refused VPIPE_CONTACT=me "VPIPE_CONTACT takes an address or a page, as mailto:you@example.org, not 'me'"
  refused VPIPE_PERIOD=7h 'VPIPE_PERIOD takes a divisor of an hour or a day'
  refused VPIPE_TRACK_PERIOD=sometimes 'VPIPE_TRACK_PERIOD takes '
  refused VPIPE_REJECTS=1.5 'VPIPE_REJECTS takes a share from 0 to 1'
  refused VPIPE_REJECTS=5% 'VPIPE_REJECTS takes a share from 0 to 1'
  refused VPIPE_LIVE=maybe "VPIPE_LIVE takes yes or no, not 'maybe'"
  refused VPIPE_S3_URL=eu-central-1 'VPIPE_S3_URL takes the address of an S3 server'
  refused VPIPE_SAMPLE_FRAC='0.05 1904=2' 'VPIPE_SAMPLE_FRAC takes a share'
  refused VPIPE_IMAGE_THUMBS=150x 'VPIPE_IMAGE_THUMBS takes lengths'
  refused VPIPE_LOOK_HOURS=8761 'VPIPE_LOOK_HOURS takes hours'
}

@test "a quote that is not closed is refused; two of a kind are taken off" {
  refused 'VPIPE_ON_FAILURE="mail root' 'the quote " is not closed'
  refused "VPIPE_ON_FAILURE='mail root\"" "the quote ' is not closed"
  refused 'VPIPE_ON_FAILURE="' 'the quote " is not closed'
  printf '%s\n' "VPIPE_ON_FAILURE='tail \"\$VPIPE_LOG\"'" 'VPIPE_READER="a b"' >"$VPIPE_CONF"
  run -0 --separate-stderr vconf VPIPE_ON_FAILURE VPIPE_READER
  same "$(printf '%s\t(file)\n' 'VPIPE_ON_FAILURE=tail "$VPIPE_LOG"' 'VPIPE_READER=a b')" "$output"
}

@test "good values of every form are taken" {
  : >"$VPIPE_CONF"
  while IFS='=' read -r name value; do
    run -0 --separate-stderr env "$name=$value" "$BIN/vconf" "$name"
    same "$name=$value	(environment)" "$output"
  done <<-'end'
	VPIPE_PERIOD=15d
	VPIPE_PERIOD=60m
	VPIPE_PERIOD=24h
	VPIPE_TRACK_PERIOD=never
	VPIPE_REJECTS=.05
	VPIPE_REJECTS=1
	VPIPE_REJECTS=0
	VPIPE_REJECTS=1.0
	VPIPE_LOOK_HOURS=0.5
	VPIPE_LOOK_HOURS=8760
	VPIPE_SAMPLE_FRAC=.5 1904=1 5=0
	VPIPE_CONTACT=you@example.org
	VPIPE_CONTACT=https://example.org/bot
	VPIPE_IMAGE_SIZE=thumb310x430
	VPIPE_IMAGE_THUMBS=150,400
	VPIPE_S3_URL=http://127.0.0.1:7480
	VPIPE_CATALOGS=vinted.pt/catalog?catalog[]=5  https://www.vinted.pl/catalog/5
	end
}

@test "a wrong value of the environment: 78 without a line; an unknown name is a warning" {
  : >"$VPIPE_CONF"
  VPIPE_REJECTS=abc fails 78 "VPIPE_REJECTS takes a share from 0 to 1, not 'abc'" vconf
  VPIPE_CATALOG=x run -0 --separate-stderr vconf VPIPE_LIVE
  same "vconf: 'VPIPE_CATALOG' in the environment is no setting; nearest: VPIPE_CATALOGS" "$stderr"
  # once, whatever a script calls
  VPIPE_CATALOG=x run --separate-stderr "$ROOT/scripts/catalog" --dry-run https://www.vinted.pt/catalog/5
  [ "$(grep -c VPIPE_CATALOG <<<"$stderr")" -eq 1 ]
}

@test "a key that is none is refused" {
  : >"$VPIPE_CONF"
  fails 64 "'VPIPE_LIFE' is no setting; nearest: VPIPE_LIVE" vconf VPIPE_LIFE
  fails 64 "exclude each other" vconf --example VPIPE_LIVE
}

@test "what sh evaluates gives the same values, whatever is in them" {
  : >"$VPIPE_CONF"
  odd=$'it\'s "$HOME" `id` \\ and\nmore'
  VPIPE_READER=$odd run -0 bash -c 'eval "$(vconf --export)"; printf %s "$VPIPE_READER"'
  same "$odd" "$output"
}

@test "the example, without its marks, is a good file, and names every setting" {
  sed -n 's/^#\(\(VPIPE_\|PG\)[A-Z0-9_]*=\)/\1/p' "$ROOT/vpipe.conf.example" >"$VPIPE_CONF"
  unset VPIPE_DATA
  run -0 --separate-stderr vconf
  ! grep -v '(file)$' <<<"$output" | grep -v '^PG\|^VPIPE_\(RETRY\)'
}
