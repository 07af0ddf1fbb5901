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
