# vupsert(1) through hundreds of crashes of its server, beside another client that writes
# bats file_tags=long
load ../helper

@test "nothing lost, nothing twice, exit and STATE true each time" {
  run -0 "$ROOT/tests/crash" "$(size 6 500)" 1
  echo "# ${lines[-1]}" >&3
  [[ ${lines[-1]} == *' 0 wrong' ]]
}
