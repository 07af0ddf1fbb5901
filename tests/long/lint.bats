# tests/lint and the format check: each fault that they are for, made once; long
# bats file_tags=long
load ../helper

setup() {
  cd "$tmp"
  mkdir src
  cp -R "$ROOT"/{schema,scripts,README.md,ARCHITECTURE.md,NEWS.md,Dockerfile,vpipe.conf.example} .
  for page in "$ROOT"/src/*/*.1 "$ROOT"/src/lib/{setting.c,msg.h}; do
    mkdir -p "$(dirname "src/${page#"$ROOT/src/"}")"
    cp "$page" "src/${page#"$ROOT/src/"}"
  done
  mkdir -p tests fixtures/market
  cp "$ROOT/tests/lint" tests
  cp "$ROOT"/fixtures/market/*.1 fixtures/market
  cp -R "$ROOT/fixtures/sources" fixtures
  ln -s "$BIN" bin
  export BIN=bin
}

# complains CHECK WORDS
complains() {
  run -1 --separate-stderr tests/lint "$1"
  [[ $stderr == *"$2"* ]] || { printf '%s\n' "$stderr"; return 1; }
}

# the rest of them, and shell, are what make lint says of the tree itself
@test "a tree without a fault: nothing is said" {
  for check in manuals settings options queries version_number source_names; do
    run -0 --separate-stderr tests/lint $check
    same 'lint: clean' "$output$stderr"
  done
}

@test "an option without a line in its page" {
  sed -i 's/^#   --force  .*/&\n#   --newest          only that/' scripts/rebuild
  complains options 'scripts/rebuild.1 has no line for --newest'
  sed -i '/^\.It .*Fl Fl dry-run/d' scripts/retain.1
  complains options 'scripts/retain.1 has no line for --dry-run'
}

@test "a command without a page" {
  rm scripts/changes.1
  complains options 'the command changes has no page scripts/changes.1'
}

@test "a completion that lacks an option" {
  sed -i 's/table | "as_$1"/table | grep -v "^vpipe rebuild.--force" | "as_$1"/' scripts/completion
  complains completions 'the completions of vpipe rebuild lack --force'
}

@test "a setting that is not in the table; an example, a page that are not made from it" {
  printf ': "${VPIPE_NOVEL:-}"\n' >>scripts/track
  complains settings 'not in the table of settings (src/lib/setting.c): VPIPE_NOVEL in scripts/track'
  sed -i '$d' scripts/track
  echo '#VPIPE_OTHER=' >>vpipe.conf.example
  complains settings 'vpipe.conf.example is not what vconf --example prints'
  sed -i '/settings begin/a extra' schema/man/vpipe.conf.5
  complains settings 'vpipe.conf.5 is not what vconf --manual prints'
}

@test "a query without its line in the README, a line without its query" {
  echo 'select 1;' >schema/query/load/count_rows.sql
  complains queries 'schema/query/load/count_rows.sql has no line in schema/query/README.md'
  rm schema/query/load/count_rows.sql schema/query/load/choose_parts.sql
  complains queries 'names what is not there: load/choose_parts.sql'
}

@test "a contract that changed under its old version" {
  jq '.about = "another"' schema/sources/vinted/photo.list.json >photo
  mv photo schema/sources/vinted/photo.list.json
  complains versions 'schema/sources/vinted/photo.list.json was edited, its version'
}

@test "a version that the image or the news do not have" {
  sed -i 's/\(VPIPE_VERSION "\)[^"]*/\19.9/' src/lib/msg.h
  complains version_number "the Dockerfile's version is not 9.9"
  complains version_number 'NEWS.md does not begin with 9.9'
}

@test "the name of a source under src" {
  echo '/* vinted */' >>src/lib/setting.c
  complains source_names 'the name of a source occurs under src/'
}

@test "shell that shellcheck speaks of, a page that is no clean mdoc" {
  find scripts tests -type f ! -name '*.1' ! -name lint -delete
  printf '#!/bin/sh\nrm $1\n' >scripts/new
  complains shell 'shellcheck has something to say'
  echo '.Zz' >>scripts/db.1
  complains manuals 'scripts/db.1 is not clean mdoc'
}

@test "a format that is not the tree's" {
  cp "$ROOT"/{Makefile,.clang-format} .
  git init -q .
  printf 'int\nmain(void)\n{\n\treturn 0;\n}\n' >src/lib/fine.c
  git add src
  run -0 make -s format-check
  printf 'int main(void) { return 0; }\n' >src/lib/fine.c
  run ! make -s format-check
}
