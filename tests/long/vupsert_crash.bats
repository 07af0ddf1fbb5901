# vupsert(1) through hundreds of crashes of its server, beside another client that writes
load ../helper

@test "500 crashes: nothing lost, nothing twice, exit and STATE true each time" {
  run -0 "$ROOT/tests/crash" "${CRASHES:-500}" 1
  echo "$output"
  [[ ${lines[-1]} == *' 0 wrong' ]]
}
