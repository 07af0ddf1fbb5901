# scan.h: JSON as RFC 8259 has it, judged by the conformance suite
load helper

check=$O/unit/scan_check

@test "what the suite says is JSON is read" {
  need_shared "the conformance suite is not read"
  run -0 "$check" "$SHARED"/conformance/json/y_*.json
  [ "$(grep -c '^ok ' <<<"$output")" -eq "$(ls "$SHARED"/conformance/json/y_*.json | wc -l)" ]
}

@test "what the suite says is no JSON is refused, with a place and a reason" {
  need_shared "the conformance suite is not read"
  run -0 "$check" "$SHARED"/conformance/json/n_*.json
  [ "$(grep -Ec '^refused .* at [0-9]+: [a-z]' <<<"$output")" -eq \
    "$(ls "$SHARED"/conformance/json/n_*.json | wc -l)" ]
}

@test "what the suite leaves open ends well either way" {
  need_shared "the conformance suite is not read"
  run -0 "$check" "$SHARED"/conformance/json/i_*.json
  [ "${#lines[@]}" -eq "$(ls "$SHARED"/conformance/json/i_*.json | wc -l)" ]
}

@test "scan: values, keys, paths and 64 bits; mutilated texts do no harm" {
  run -0 "$O/unit/scan"
}

@test "scan: the corpus of the fuzz target does no harm" {
  run -0 "$O/unit/scan_check" "$ROOT"/tests/fuzz/corpus/json/*
}
