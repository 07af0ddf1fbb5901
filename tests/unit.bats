# the library, by its unit programs: each says on stderr what is not so
load helper

@test "clock: RFC 3339 in and out, and a clock that can be pinned" {
  run -0 "$O/unit/clock"
}

@test "line: whole lines whatever the pieces, one too long is cut and named" {
  run -0 "$O/unit/line"
}

@test "json: written as jq -c writes it, numbers with their digits" {
  run -0 "$O/unit/json"
}

@test "decimal: numbers by their digits, exactly, however they are written" {
  run -0 "$O/unit/decimal"
}

@test "utf8: what is valid, where it may be cut, what an escape names" {
  run -0 "$O/unit/utf8"
}

@test "image: what a picture's bytes say; cut, changed and lying ones do no harm" {
  run -0 "$O/unit/image" "$ROOT/tests/fuzz/corpus/image"
  [ -z "$output" ]
}

@test "decode: what lies under a Content-Encoding, whole or not at all" {
  run -0 "$O/unit/decode"
  [ -z "$output" ]
}

@test "http_multi: a transfer that waits for us does not time out, one that waits for the server does" {
  run -0 "$O/unit/http_multi"
  [ -z "$output" ]
}

@test "store: an object is right or written anew, whoever else is at it" {
  run -0 --separate-stderr "$O/unit/store" "$tmp"
  [[ "$stderr" == *"cannot write '$tmp/sha256/"*"Not a directory" ]]
}

@test "phash: near-copies are near, others are not, a wall has no hash" {
  run -0 "$O/unit/phash"
  [ -z "$output" ]
}

# bats test_tags=size
@test "memory: threads that run out of it at once say so once" {
  ! grep -q __asan_init "$O/unit/memory" || skip "sanitizers have their own malloc"
  run -0 "$O/unit/memory"
  [ -z "$output" ]
}
