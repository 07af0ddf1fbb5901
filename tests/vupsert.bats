# vupsert(1): Singer messages to tables; STATE once they are durable
load helper

setup_file() {
	pg_start
	export ROWS
	ROWS=$(size 1200 3000)
	records_of() {
		psql -XAt -v rows="$ROWS" -v look="$1" \
		    -f "$ROOT/tests/bench/vupsert-data.sql"
	}
	records_of 0 >"$BATS_FILE_TMPDIR/look0"
	records_of 1 >"$BATS_FILE_TMPDIR/look1"
}

teardown_file() {
	pg_stop
}

setup() {
	look0=$BATS_FILE_TMPDIR/look0
	look1=$BATS_FILE_TMPDIR/look1
	pg_fresh
}

# --- small streams ------------------------------------------------------------

# schema PROPERTIES KEY [MORE]: a SCHEMA message of stream s
schema() {
	printf '{"type":"SCHEMA","stream":"s","schema":{"properties":{%s}},"key_properties":%s%s}\n' \
	    "$1" "$2" "${3:-}"
}

# record FIELDS: a RECORD of stream s
record() {
	printf '{"type":"RECORD","stream":"s","record":{%s}}\n' "$1"
}

# records FIRST LAST: those with these ids, by no loop of the shell
records() {
	seq "$1" "$2" | sed 's/.*/{"type":"RECORD","stream":"s","record":{"id":&}}/'
}

# An entity as vnormalize declares it, and a sighting: id, time, line, value.
entity() {
	schema '"id":{"type":"integer"},"at":{"type":"string","format":"date-time"},"run":{"type":"string"},"line":{"type":"integer"},"v":{"type":["string","null"]}' \
	    '["id"]' ',"x-order":["at","run","line"],"x-seen":"at"'
}

seen() {
	record "\"id\":$1,\"at\":\"2026-09-20T$2Z\",\"run\":\"r\",\"line\":$3,\"v\":$4"
}

id_v='"id":{"type":"integer"},"v":{"type":["string","null"]}'

upsert() {
	vupsert --schema staging "$@"
}

digest() {
	sql "select count(*), md5(string_agg(t::text, '|' order by t::text))
	    from staging.${1:-vinted_item_full} as t"
}

# ledger: the line of stream s
ledger() {
	grep '^vupsert: s: ' <<<"$stderr"
}

# conforms FILE: one of the Singer conformance streams, with any threshold
conforms() {
	need_shared "the Singer conformance streams"
	run "-${2:-0}" --separate-stderr vupsert --schema staging \
	    --threshold "${3:-0.05}" <"$SHARED/conformance/singer/$1.singer"
}

# --- the Singer conformance streams -------------------------------------------

# holds TABLE [ROW]...: all its rows, as JSON, sorted; a name in quotes as in SQL
holds() {
	local table=$1

	shift
	same "$(printf '%s\n' "$@" | jq -Sc . | sort)" \
	    "$(sql "select to_jsonb(t) from staging.$table as t" | jq -Sc . | sort)"
}

@test "array_data: arrays are jsonb, as they came" {
	conforms array_data
	holds test_array_data '{"id":1,"fruits":["apple","orange","pear"]}' \
	    '{"id":2,"fruits":["banana","apple"]}' '{"id":3,"fruits":["pear"]}' \
	    '{"id":4,"fruits":["orange","banana","apple","pear"]}'
}

@test "camelcase: names keep their case" {
	conforms camelcase
	holds '"TestCamelcase"' '{"Id":"1","clientName":"Gitter Windows Desktop App"}' \
	    '{"Id":"2","clientName":"Gitter iOS App"}'
}

@test "camelcase_complex_schema: a union of strings is text, later properties are added" {
	conforms camelcase_complex_schema
	same 'text|bigint|text' "$(sql 'select pg_typeof("CreatedDate"), pg_typeof(age),
	    pg_typeof("_attribute_startswith_underscore")
	    from (select) as one left join staging."ForecastingTypeToCategory" on true')"
	holds '"ForecastingTypeToCategory"'
}

@test "duplicate_records: the last one wins" {
	conforms duplicate_records
	holds test_duplicate_records '{"id":1,"metric":100}' '{"id":2,"metric":20}'
}

@test "encoded_string_data: what text cannot store is rejected, by line, the rest is loaded" {
	conforms encoded_string_data 0 0.2
	[[ $stderr == *"line 12: test_strings: 'info' holds a NUL"* ]]
	[[ $stderr == *"line 24: test_strings_in_objects: 'info' holds a NUL"* ]]
	[[ $stderr == *"line 31: test_strings_in_arrays: 'strings' holds a NUL"* ]]
	holds test_strings '{"id":1,"info":"simple string 2837"}' '{"id":2,"info":"απλή συμβολοσειρά"}' \
	    '{"id":3,"info":"简单的字串"}' '{"id":4,"info":"chaîne simple"}' '{"id":5,"info":"quoted \"string\""}' \
	    '{"id":6,"info":"various \" \\ / \n escape sequences"}' '{"id":7,"info":"m"}' '{"id":8,"info":"ā"}' \
	    '{"id":9,"info":"ƙ"}' '{"id":10,"info":"Double quoting: \\u0000 \\u0041 \\u0001"}'
	holds test_strings_in_objects '{"id":1,"info":{"name":"simple","value":"simple string 2837"}}' \
	    '{"id":2,"info":{"name":"greek","value":"απλή συμβολοσειρά"}}' \
	    '{"id":3,"info":{"name":"chinese","value":"简单的字串"}}' \
	    '{"id":4,"info":{"name":"french","value":"chaîne simple"}}' \
	    '{"id":5,"info":{"name":"quoted string","value":"quoted \"string\""}}' \
	    '{"id":6,"info":{"name":"escape sequences","value":"various \" \\ / \n escape sequences"}}' \
	    '{"id":7,"info":{"name":"unicode","value":"m"}}' '{"id":8,"info":{"name":"unicode","value":"ā"}}' \
	    '{"id":9,"info":{"name":"unicode","value":"ƙ"}}' \
	    '{"id":10,"info":{"name":"Double quoting","value":" \\u0000 \\u0041 \\u0001"}}'
	holds test_strings_in_arrays '{"id":1,"strings":["simple string","απλή συμβολοσειρά","简单的字串"]}' \
	    '{"id":2,"strings":["chaîne simple","quoted \"string\""]}' \
	    '{"id":3,"strings":["various \" \\ / \n escape sequences"]}' '{"id":4,"strings":["m","ā","ƙ"]}' \
	    '{"id":5,"strings":["aaa","Double quoting: \\u0000 \\u0041 \\u0001"]}'
}

@test "invalid_schema: the run ends, and the sentence names the line" {
	need_shared
	fails 65 "line 1: SCHEMA of 'test_invalid_schema': the schema has no properties" \
	    vupsert --schema staging <"$SHARED/conformance/singer/invalid_schema.singer"
}

@test "multiple_state_messages: all come back, in order" {
	conforms multiple_state_messages
	same "$(grep STATE "$SHARED/conformance/singer/multiple_state_messages.singer")" "$output"
	same $'1|100|110\n2|200|220\n3|300|330\n4|400|440\n5|500|550\n6|600|660' \
	    "$(sql 'select id, a.metric, b.metric from staging.test_multiple_state_messages_a as a
	    full join staging.test_multiple_state_messages_b as b using (id) order by id')"
}

@test "no_primary_keys, no_primary_keys_append: records are appended, each time again" {
	conforms no_primary_keys
	conforms no_primary_keys
	conforms no_primary_keys_append
	same $'1|11\n1|11\n1|101\n2|22\n2|22\n2|202\n3|33\n3|33\n3|303\n4|404\n5|505' \
	    "$(sql 'select id, metric from staging.test_no_pk order by 1, 2')"
}

@test "optional_attributes, record_missing_fields: what is missing is null" {
	conforms optional_attributes
	holds test_optional_attributes '{"id":1,"optional":"This is optional"}' '{"id":2,"optional":null}' \
	    '{"id":3,"optional":"Also optional"}' '{"id":4,"optional":null}'
	conforms record_missing_fields
	holds record_missing_fields '{"id":1,"optional":"now you see me"}' '{"id":2,"optional":null}'
}

@test "pk_updates: the key changes with its SCHEMA" {
	conforms pk_updates
	holds example_stream '{"id":1,"name":"Alice","email":"alice@example.com"}' \
	    '{"id":2,"name":"Bob","email":"bob@example.com"}'
	same email "$(sql "select string_agg(attname, ',') from pg_index, pg_attribute
	    where indrelid = 'staging.example_stream'::regclass and indisprimary
	    and attrelid = indrelid and attnum = any (indkey)")"
}

@test "record_before_schema: the record is rejected by its line, the next is loaded" {
	conforms record_before_schema 65
	[[ $stderr == *"line 1: test_record_before_schema: no SCHEMA came before it"* ]]
	holds test_record_before_schema '{"id":2,"metric":3728}'
}

@test "record_missing_key_property: rejected by its line" {
	conforms record_missing_key_property 65
	[[ $stderr == *"line 2: test_record_missing_key_property: 'id' is missing"* ]]
	holds test_record_missing_key_property
}

@test "record_missing_required_property: rejected, or taken with null when asked to" {
	conforms record_missing_required_property 65
	[[ $stderr == *"line 2: test_record_missing_required_property: 'id' is missing"* ]]
	holds test_record_missing_required_property
	run -0 vupsert --schema staging --allow-missing \
	    <"$SHARED/conformance/singer/record_missing_required_property.singer"
	holds test_record_missing_required_property '{"id":null,"metric":3215}'
}

@test "schema_no_properties: an object without properties is jsonb" {
	conforms schema_no_properties
	holds test_object_schema_no_properties '{"object_store":{"id":1,"metric":1}}' '{"object_store":{"id":2,"metric":2}}'
	holds test_object_schema_with_properties '{"object_store":{"id":1,"metric":187}}' \
	    '{"object_store":{"id":2,"metric":203}}'
}

@test "schema_updates: columns are added, earlier rows have nulls there" {
	conforms schema_updates
	holds test_schema_updates \
	    '{"a1":101,"a2":"string1","a3":null,"a4":null,"a5":null,"a6":null,"id":1}' \
	    '{"a1":102,"a2":"string2","a3":true,"a4":null,"a5":null,"a6":null,"id":2}' \
	    '{"a1":103,"a2":"string3","a3":false,"a4":{"id":1,"value":1},"a5":["banana","apple"],"a6":null,"id":3}' \
	    '{"a1":104,"a2":"string4","a3":true,"a4":{"id":2,"value":22},"a5":["orange","pear"],"a6":null,"id":4}' \
	    '{"a1":105,"a2":"string5","a3":false,"a4":{"id":3,"value":33},"a5":["apple"],"a6":985,"id":5}' \
	    '{"a1":106,"a2":"string6","a3":true,"a4":{"id":4,"value":444},"a5":["banana","orange"],"a6":341,"id":6}'
}

@test "special_chars_in_attributes: any name is a name, a version has its column" {
	conforms special_chars_in_attributes
	holds '"test:SpecialChars!in?attributes"' '{"_id":"a2e98886","_sdc_table_version":1541199424491,
	    "d":{"env":"prod","agent:type":"desktop","agent:os:version":"10.13.1"}}'
}

@test "user_location_data, then user_location_upsert_data: rows are updated and added" {
	conforms user_location_data
	holds test_users '{"id":1,"name":"Yannis"}' '{"id":2,"name":"Micael"}' '{"id":3,"name":"Jacob"}' \
	    '{"id":4,"name":"Josh"}' '{"id":5,"name":"Thomas"}'
	holds test_locations '{"id":1,"name":"Philadelphia"}' '{"id":2,"name":"NY"}' '{"id":3,"name":"SF"}'
	holds test_user_in_location '{"id":1,"info":{"mood":"sad","weather":"rainy"},"user_id":1,"location_id":1}' \
	    '{"id":2,"info":{"mood":"satisfied","weather":"sunny"},"user_id":1,"location_id":2}' \
	    '{"id":3,"info":{"mood":"happy","weather":"sunny"},"user_id":1,"location_id":3}'
	conforms user_location_upsert_data
	[[ $stderr == *"test_users: 6 records = 3 inserted + 3 updated + 0 unchanged"* ]]
	holds test_users '{"id":1,"name":"Johny"}' '{"id":2,"name":"George"}' '{"id":3,"name":"Jacob"}' \
	    '{"id":4,"name":"Josh"}' '{"id":5,"name":"Jim"}' '{"id":8,"name":"Thomas"}' \
	    '{"id":12,"name":"Paul"}' '{"id":13,"name":"Mary"}'
	holds test_locations '{"id":1,"name":"Philly"}' '{"id":2,"name":"NY"}' '{"id":3,"name":"San Francisco"}' \
	    '{"id":6,"name":"Colorado"}' '{"id":8,"name":"Boston"}'
	holds test_user_in_location '{"id":1,"info":{"mood":"sad","weather":"rainy"},"user_id":1,"location_id":4}' \
	    '{"id":2,"info":{"mood":"satisfied","weather":"sunny"},"user_id":2,"location_id":3}' \
	    '{"id":3,"info":{"mood":"happy","weather":"sunny"},"user_id":1,"location_id":3}' \
	    '{"id":6,"info":{"mood":"happy","weather":"sunny"},"user_id":3,"location_id":2}' \
	    '{"id":14,"info":{"mood":"ok","weather":"cloudy"},"user_id":4,"location_id":1}'
}

# --- values -------------------------------------------------------------------

@test "64-bit integers and decimals come out as they went in" {
	upsert < <(schema '"id":{"type":"integer"},"n":{"type":"number"}' '["id"]'
	    record '"id":9223372036854775807,"n":1.10'
	    record '"id":-9223372036854775808,"n":-0.000123456789012345678901234567890'
	    record '"id":3,"n":12345678901234567890123456789.5'
	    record '"id":4,"n":1.5e-3'
	    record '"id":5,"n":25E2'
	    record '"id":6,"n":0.00'
	    record '"id":7,"n":10000')
	same "-9223372036854775808|-0.000123456789012345678901234567890
3|12345678901234567890123456789.5
4|0.0015
5|2500
6|0.00
7|10000
9223372036854775807|1.10" "$(sql 'select * from staging.s order by id')"
}

@test "times are instants, dates, times of day, UUIDs and booleans are what they are" {
	upsert < <(schema '"id":{"type":"integer"},"at":{"type":"string","format":"date-time"},"d":{"type":"string","format":"date"},"t":{"type":"string","format":"time"},"u":{"type":"string","format":"uuid"},"b":{"type":"boolean"}' '["id"]'
	    record '"id":1,"at":"2026-09-20T12:00:00.123456+02:00","d":"1999-12-31","t":"23:59:59.5","u":"A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11","b":true'
	    record '"id":2,"at":"1969-12-31T23:59:59.999999Z","d":"0001-01-01","t":"00:00:00Z","u":null,"b":false')
	same "1|2026-09-20 10:00:00.123456+00|1999-12-31|23:59:59.5|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|t
2|1969-12-31 23:59:59.999999+00|0001-01-01|00:00:00||f" "$(sql 'select * from staging.s order by id')"
}

@test "a bad value rejects its record, with its line and reason; the batch is loaded" {
	run -0 --separate-stderr vupsert --schema staging --threshold 1 --rejects "$tmp/rejects" < <(
	    schema '"id":{"type":"integer"},"n":{"type":"number"},"at":{"type":"string","format":"date-time"},"d":{"type":"string","format":"date"},"u":{"type":"string","format":"uuid"}' '["id"]'
	    record '"id":1'
	    record '"id":"x","run":"r","line":7,"index":3,"contract":2'
	    record '"id":2.5'
	    record '"id":3,"n":"1.10"'
	    record '"id":4,"at":"yesterday"'
	    record '"id":5,"d":"2026-02-30"'
	    record '"id":6,"u":"12"'
	    record '"id":7,"n":1e200000'
	    record '"id":null'
	    record '"id":8')
	same $'1\n8' "$(sql 'select id from staging.s order by id')"
	same "[7,3,\"'id' is not an integer\",\"\\\"x\\\"\"]
[4,null,\"'id' is not an integer\",\"2.5\"]
[5,null,\"'n' is not a number\",\"\\\"1.10\\\"\"]
[6,null,\"'at' is not an RFC 3339 time\",\"\\\"yesterday\\\"\"]
[7,null,\"'d' is not a date\",\"\\\"2026-02-30\\\"\"]
[8,null,\"'u' is not a UUID\",\"\\\"12\\\"\"]
[9,null,\"'n' has more digits than numeric holds\",\"1e200000\"]
[10,null,\"'id' is null\",\"null\"]" "$(jq -c '[.line, .index, .reason, .value]' "$tmp/rejects")"
	same '["vupsert","r",7,2,"s","id",false]' \
	    "$(jq -c '[.program, .run, .line, .contract, .stream, .property, .kept]' "$tmp/rejects" | head -n 1)"
}

@test "what only the server refuses costs its row and no other" {
	sql 'create schema staging; create table staging.s (id bigint primary key, v text check (v <> $$bad$$))'
	sql "comment on column staging.s.v is 'mine'"
	run -0 --separate-stderr vupsert --schema staging --threshold 1 --rejects "$tmp/rejects" < <(
	    schema "$id_v" '["id"]'
	    for i in {1..40}; do record "\"id\":$i,\"v\":\"$([ $i = 17 ] && echo bad || echo good)\""; done)
	same 39 "$(sql 'select count(*) from staging.s')"
	same 18 "$(jq .line "$tmp/rejects")"
	same "vupsert: s: 40 records = 39 inserted + 0 updated + 0 unchanged + 0 older + 0 duplicate + 1 rejected, 0 deleted" "$(ledger)"
}

@test "a reject is on disk before its batch is committed: a kill does not lose it" {
	mkfifo "$tmp/in"
	upsert -q --batch-age 100ms --threshold 1 --rejects "$tmp/rejects" <"$tmp/in" >"$tmp/out" 3>&- &
	pid=$!
	exec 5>"$tmp/in"
	{ schema "$id_v" '["id"]'; record '"id":1'; record '"id":"x"'
	    printf '{"type":"STATE","value":1}\n'; } >&5
	until_true 60 test -s "$tmp/out"
	kill -9 $pid
	exec 5>&-
	wait $pid || :
	same 3 "$(jq .line "$tmp/rejects")"
}

@test "a batch that is repeated rejects its row once" {
	sql 'create schema staging; create table staging.s (id bigint primary key, v text check (v <> $$bad$$));
	    create sequence staging.once;
	    create function staging.cut() returns trigger language plpgsql as $$ begin
	        if nextval($q$staging.once$q$) = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
	        return null; end $$;
	    create constraint trigger cut after insert on staging.s deferrable initially deferred
	        for each row execute function staging.cut()'
	run -0 --separate-stderr upsert --threshold 1 --rejects "$tmp/rejects" < <(
	    schema "$id_v" '["id"]'; record '"id":1'; record '"id":2,"v":"bad"'; record '"id":3')
	[[ $stderr == *'connection lost'* ]]
	same $'1\n3' "$(sql 'select id from staging.s order by id')"
	same 3 "$(jq .line "$tmp/rejects")"
	same "vupsert: s: 3 records = 2 inserted + 0 updated + 0 unchanged + 0 older + 0 duplicate + 1 rejected, 0 deleted" "$(ledger)"
}

@test "an integer beyond 64 bits widens its column" {
	upsert < <(schema "$id_v" '["id"]'; record '"id":1'; record '"id":92233720368547758070'; record '"id":2')
	same $'1\n2\n92233720368547758070' "$(sql 'select id from staging.s order by id')"
	same numeric "$(sql 'select pg_typeof(id) from staging.s limit 1')"
}

@test "where a view stands in the way the column stays and the record is rejected" {
	upsert < <(schema "$id_v" '["id"]'; record '"id":1')
	sql 'create view v as select id from staging.s'
	run -0 --separate-stderr vupsert --schema staging --threshold 1 < <(
	    schema "$id_v" '["id"]'; record '"id":92233720368547758070'; record '"id":2')
	[[ $stderr == *"line 2: s: 'id' does not fit 64 bits"* ]]
	same $'1\n2' "$(sql 'select id from staging.s order by id')"
}

@test "numbers, text and objects in a column: the same rows in any order" {
	values=('1' '"1"' '"x"' '{"a":1}' '1e3' '1.0' '-0' 'true' 'null' '[]' '1e30' '"1e3"' '12345678901234567890')
	for i in "${!values[@]}"; do echo "{\"id\":$i,\"v\":${values[i]}}"; done >"$tmp/in"
	run -0 upsert -q --stream s --key id <"$tmp/in"
	want=$(sql 'select id, v from staging.s order by id')
	same '0|1
1|"1"
2|"x"
3|{"a": 1}
4|1000
5|1.0
6|0
7|true
8|
9|[]
10|1000000000000000000000000000000
11|"1e3"
12|12345678901234567890' "$want"
	for seed in 1 2 3; do
		sql 'drop schema staging cascade'
		shuf --random-source=<(yes $seed) "$tmp/in" >"$tmp/shuffled"
		for part in 1,4 5,8 9,13; do # as many runs
			run -0 upsert -q --batch-rows 2 --stream s --key id < <(sed -n "${part}p" "$tmp/shuffled")
		done
		same "$want" "$(sql 'select id, v from staging.s order by id')"
	done
}

@test "a key of numbers and text is text, and a number the same key however it is written" {
	rows=('{"k":1000,"n":1}' '{"k":"x","n":2}' '{"k":0.50,"n":3}' '{"k":-12.5e1,"n":4}' '{"k":1e-3,"n":5}' '{"k":0,"n":6}')
	again=('{"k":1e3,"n":1}' '{"k":5e-1,"n":3}' '{"k":-125.0,"n":4}' '{"k":0.001,"n":5}' '{"k":-0.0,"n":6}')
	for order in cat tac; do
		run -0 upsert -q --stream "s_$order" --key k < <(printf '%s\n' "${rows[@]}" | $order)
		run -0 upsert -q --stream "s_$order" --key k < <(printf '%s\n' "${again[@]}")
		same $'1000|1\nx|2\n0.5|3\n-125|4\n0.001|5\n0|6' "$(sql "select k, n from staging.s_$order order by n")"
	done
}

@test "times of plain streams without a zone are UTC, said once; other spellings are taken" {
	at='"id":{"type":"integer"},"at":{"type":["null","string"],"format":"date-time"}'
	good=('2024-01-02T03:04:05' '2024-01-02 03:04:05' '2024-01-02T03:04:05+0000' '2019-10-01 00:00:00 UTC'
	    '2024-01-02T03:04Z' '2024-01-02' '2024-01-02T24:00:00Z' '2016-12-31T23:59:60Z' '2024-01-02T03:04:05+0530'
	    '2024-01-02t03:04:05z' '2024-01-02T03:04:05.1234567' '2024-01-02 03:04:05-08' '2024-01-02 03:04:05,5 +01:00'
	    '0000-01-01T00:00:00')
	run -0 --separate-stderr upsert < <(schema "$at" '["id"]'
	    for i in "${!good[@]}"; do record "\"id\":$i,\"at\":\"${good[i]}\""; done)
	same 1 "$(grep -c 'says no zone and is taken as UTC' <<<"$stderr")"
	[[ $stderr == *"line 2: s: 'at' says no zone and is taken as UTC, as are all like it"* ]]
	same '0|2024-01-02 03:04:05+00
1|2024-01-02 03:04:05+00
2|2024-01-02 03:04:05+00
3|2019-10-01 00:00:00+00
4|2024-01-02 03:04:00+00
5|2024-01-02 00:00:00+00
6|2024-01-03 00:00:00+00
7|2017-01-01 00:00:00+00
8|2024-01-01 21:34:05+00
9|2024-01-02 03:04:05+00
10|2024-01-02 03:04:05.123457+00
11|2024-01-02 11:04:05+00
12|2024-01-02 02:04:05.5+00
13|0001-01-01 00:00:00+00 BC' "$(sql 'select * from staging.s order by id')"
}

@test "what is no time is rejected, and a stream with an order takes RFC 3339 only" {
	bad=('' '2024-01-02T' '2024-01' '2024-02-30' '24:00' '2024-01-02T24:00:01' '2024-01-02T3:04' '2024-01-02T03:04:05+1'
	    '2024-01-02T03:04:05 CET' '2024-01-02T03:04:05+00:' '2024-01-02T03:04:05.' '2024-01-02T03:04:05Z ' '1704164645')
	run -65 --separate-stderr upsert --rejects "$tmp/rejects" < <(
	    schema '"id":{"type":"integer"},"at":{"type":"string","format":"date-time"}' '["id"]'
	    for i in "${!bad[@]}"; do record "\"id\":$i,\"at\":\"${bad[i]}\""; done)
	same "${#bad[@]}" "$(grep -c "'at' is not an RFC 3339 time" "$tmp/rejects")"
	run -65 --separate-stderr upsert < <(entity | sed s/stream\":\"s/stream\":\"o/
	    record '"id":1,"at":"2024-01-02T03:04:05","run":"r","line":1' | sed s/stream\":\"s/stream\":\"o/)
	[[ $stderr == *"line 2: o: 'at' is not an RFC 3339 time"* ]]
}

@test "a property of no type, or of null alone, is kept as jsonb" {
	run -0 --separate-stderr upsert < <(
	    schema '"id":{"type":"integer"},"e":{"type":[]},"n":{"type":["null"]},"m":{"type":"null"},"u":{"anyOf":[]},"a":{}' '["id"]'
	    record '"id":1,"e":7,"n":"x","m":[1],"u":{"k":null},"a":false'; record '"id":2,"e":null,"n":null')
	same $'1|7|"x"|[1]|{"k": null}|false\n2|||||' "$(sql 'select id, e, n, m, u, a from staging.s order by id')"
}

@test "escapes are stored as characters, whatever the server's encoding" {
	value='{"k":"caf\u00e9 \ud83d\ude00 \\u00e9 \n\u0041\u001f","\u20ac":[1]}'
	run -0 upsert --stream s --key id <<<"{\"id\":1,\"j\":$value}"
	want=$(sql "select j from staging.s")
	same "$(jq -Sc . <<<"$value")" "$(jq -Sc . <<<"$want")"
	sql "create database ascii encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0"
	PGDATABASE=ascii run -0 upsert --stream s --key id <<<"{\"id\":1,\"j\":$value}"
	same "$want" "$(PGDATABASE=ascii sql "select j from staging.s")"
	sql "create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0"
	PGDATABASE=latin run -65 --separate-stderr upsert --stream s --key id \
	    < <(printf '%s\n' '{"id":1,"j":["caf\u00e9"]}' '{"id":2,"j":["\u20ac"]}' '{"id":3,"j":[]}')
	[[ $stderr == *"line 2: s: the server refuses it: character"* ]]
	same $'1|["café"]\n3|[]' "$(PGDATABASE=latin PGCLIENTENCODING=UTF8 sql 'select * from staging.s order by id')"
}

# columns TABLE, tables: their names, a hash in them as #
columns() {
	sql "select string_agg(regexp_replace(attname, '_[0-9a-f]{8}$', '#'), ' ' order by attnum)
	    from pg_attribute where attrelid = 'staging.$1'::regclass and attnum > 0"
}

tables() {
	sql "select string_agg(regexp_replace(relname, '_[0-9a-f]{8}$', '#'), ' ' order by relname)
	    from pg_class where relnamespace = 'staging'::regnamespace and relkind = 'r' and relname not like 'vupsert %'"
}

@test "a name that the server's encoding cannot hold is cut there and gets a hash" {
	sql "create database narrow encoding 'WIN1252' lc_collate 'C' lc_ctype 'C' template template0"
	odd='{"id":1,"prix_€":"a","größe":"b","цена":"c","a\u0306":"d","\ud83d\ude00":"e","\u0081":"f"}'
	for stream in plain größe straße_€ цены; do
		PGDATABASE=narrow run -0 upsert --stream "$stream" --key id <<<"$odd"
		PGDATABASE=narrow run -0 --separate-stderr upsert --stream "$stream" --key id <<<"$odd"
		[[ $stderr == *" + 1 unchanged"* ]]
	done
	export PGDATABASE=narrow PGCLIENTENCODING=UTF8
	same '# größe plain straße_€' "$(tables)"
	same 'id prix_€ größe # a# # #' "$(columns plain)"
	same '1|a|b|c|d|e|f' "$(sql 'select * from staging.plain')"
}

@test "what a comment says of names that the encoding cannot hold has ? for them" {
	sql "create database cyrillic encoding 'ISO_8859_5' lc_collate 'C' lc_ctype 'C' template template0"
	PGDATABASE=cyrillic run -0 upsert < <(
	    schema '"id":{"type":"integer"},"€":{"type":"string","description":"in €"},"цена":{"type":"integer","description":"€ и ₽"}' '["id"]'
	    record '"id":1,"€":"x","цена":2'
	    printf '%s\n' '{"type":"STATE","value":{"€":1}}')
	[[ $output == *'{"type":"STATE","value":{"€":1}}'* ]]
	export PGDATABASE=cyrillic PGCLIENTENCODING=UTF8
	same 'id # цена' "$(columns s)"
	same $'?\': in ?\nцена\': ? и ?' "$(sql "select substring(col_description(attrelid, attnum) from '''(.*)')
	    from pg_attribute where attrelid = 'staging.s'::regclass and attnum > 1 order by attnum")"
}

# --- names and widths ---------------------------------------------------------

@test "what the server has columns of already is stored under another name" {
	odd='{"xmin":1.5,"ctid":2,"tableoid":3,"":4,"a\u0000b":5,"XMIN":6,"oid":7,"a\"b":8,"a\nb":9,"\u001b[31m":10,"x\u202ey":11,"xmin_0123abcd":12}'
	run -0 upsert --stream s --key id <<<"{\"id\":1,${odd:1}"
	run -0 upsert < <(schema "$(jq -rc '[keys[] | "\(tojson):{\"type\":\"number\"}"] | join(",")' <<<"$odd"),\"id\":{\"type\":\"integer\"}" '["id","xmin"]' |
	    sed 's/"stream":"s"/"stream":"t"/'; record "\"id\":1,${odd:1:-1}" | sed 's/"stream":"s"/"stream":"t"/')
	for table in s t; do
		same 13 "$(sql "select count(distinct attname) from pg_attribute where attrelid = 'staging.$table'::regclass and attnum > 0")"
		same '[1,1.5,2,3,4,5,6,7,8,9,10,11,12]' \
		    "$(sql "select to_jsonb(t) from staging.$table as t" | jq -c '[.[]] | sort')"
	done
	same "$(printf '%s\n' '"XMIN"' oid)" "$(sql "select quote_ident(attname) from pg_attribute
	    where attrelid = 'staging.s'::regclass and attname in ('XMIN', 'oid') order by 1")"
	run -0 --separate-stderr upsert --stream s --key id <<<"{\"id\":2,${odd:1}"
	same 13 "$(sql "select count(*) from pg_attribute where attrelid = 'staging.s'::regclass and attnum > 0")"
}

@test "a property that is called as another's cut name keeps to a column of its own" {
	long=$(printf 'k%.0s' {1..70})
	run -0 upsert --stream s --key id <<<"{\"id\":1,\"$long\":\"A\"}"
	cut=$(sql "select attname from pg_attribute where attrelid = 'staging.s'::regclass and attnum = 2")
	for line in "{\"id\":2,\"$cut\":\"B\"}" "{\"id\":3,\"$long\":\"C\",\"$cut\":\"D\"}"; do
		run -0 upsert --stream s --key id <<<"$line"
	done
	same $'1|A\n2|\n3|C' "$(sql "select id, \"$cut\" from staging.s order by id")"
	same 3 "$(sql "select count(*) from pg_attribute where attrelid = 'staging.s'::regclass and attnum > 0")"
}

# named NAME: SCHEMA and RECORDs of $tmp/in for another stream
named() {
	sed "s/\"stream\":\"s\"/\"stream\":\"$1\"/" "$tmp/in"
}

@test "a stream that is called as another's side table or view has a table of its own" {
	{ entity; seen 1 10:00:00 1 '"a"'; seen 2 10:00:00 2 '"b"'; } >"$tmp/in"
	for order in 'a a_seen a_full' 'a_full a_seen a'; do
		run -0 --separate-stderr upsert < <(for name in $order; do named "$name"; done)
		[[ $stderr == *"vupsert: 6 records = "*" + 0 rejected, 0 deleted" ]]
	done
	same $'a\na_seen' "$(sql "select tablename from pg_tables where schemaname = 'staging' and tablename in ('a', 'a_seen')")"
	for kind in full seen; do
		table=$(sql "select tablename from pg_tables where schemaname = 'staging' and tablename ~ '^a_${kind}_[0-9a-f]{8}\$'")
		same $'1|a\n2|b' "$(sql "select id, v from staging.$table order by id")"
	done
	run -0 upsert < <(named _seen)
	run -0 upsert < <(named .)
}

@test "a stream's name that holds a NUL costs the stream, not its neighbour" {
	{ schema "$id_v" '["id"]'; record '"id":1'; } >"$tmp/in"
	run -65 --separate-stderr upsert < <(named 'a\\u0000b'; cat "$tmp/in")
	[[ $stderr == *"a stream's name holds a NUL"* ]]
	same 1 "$(sql 'select id from staging.s')"
}

@test "records from which no column can be made cost themselves" {
	run -65 --separate-stderr upsert --stream s < <(printf '%s\n' '{}' '{"a":null}' '{"id":1}' '{}')
	same 2 "$(grep -c 'holds no value, and the table has no column yet' <<<"$stderr")"
	same $'1\n' "$(sql 'select id from staging.s order by id nulls last')"$'\n'
	run -65 --separate-stderr upsert --stream t <<<'{}'
	same "vupsert: t: 1 records = 0 inserted + 0 updated + 0 unchanged + 0 older + 0 duplicate + 1 rejected, 0 deleted" \
	    "$(grep '^vupsert: t: 1 ' <<<"$stderr")"
}

# new_keys N: lines with a key of their own each
new_keys() {
	seq "$1" | sed 's/.*/{"id":&,"attr_&":"x"}/'
}

@test "a new key a line: one change of the table for many, each value in its column" {
	run -0 upsert -q --stream s --key id < <(new_keys 300; echo '{"id":301,"attr_7":"y"}')
	same '301|301|x|y' "$(sql "select count(*), (select count(*) from pg_attribute where attrelid = 'staging.s'::regclass
	    and attnum > 0), max(attr_300), max(attr_7) from staging.s")"
	(($(sql "select count(distinct xmin::text) from pg_attribute where attrelid = 'staging.s'::regclass and attnum > 0") < 3))
}

# A table of which the planner believes that it has one row: each took a minute.
@test "a key is looked up once, also where statistics say nothing of the table" {
	awk 'BEGIN { for (i = 0; i < 1000; i++) { printf "{\"id\":%d", i
	    for (k = 0; k < 400; k++) printf ",\"v%d\":\"x\"", k; print "}" } }' >"$tmp/wide"
	vupsert -q --schema staging --stream wide --key id <"$tmp/wide"
	run -0 timeout 20 vupsert --schema staging --stream wide --key id <"$tmp/wide"
	[[ $output == *" + 1000 unchanged + "* ]]

	vupsert -q --schema staging --stream small --key site,id <<<'{"site":"a","id":0,"v":"x"}'
	sql 'analyze staging.small'
	for v in x y; do
		seq 20000 | sed "s/.*/{\"site\":\"a\",\"id\":&,\"v\":\"$v\"}/"
	done >"$tmp/twice"
	run -0 timeout 20 vupsert --batch-rows 1000 --schema staging --stream small --key site,id <"$tmp/twice"
	[[ $output == *" = 20000 inserted + 20000 updated + "* ]]
	same 20001,20000 "$(sql "select count(*) || ',' || count(*) filter (where v = 'y') from staging.small")"
}

@test "columns are made without waiting for more input" {
	mkfifo "$tmp/in"
	upsert -q --batch-age 100ms --stream s --key id <"$tmp/in" 3>&- &
	pid=$!
	exec 5>"$tmp/in"
	echo '{"id":1,"a":1}' >&5
	until_true 60 grep -q 1 < <(sql 'select count(*) from staging.s' 2>&1)
	until_true 60 has_rows 1
	echo '{"id":2,"b":2}' >&5
	until_true 60 has_rows 2
	exec 5>&-
	wait $pid
	same $'1|1|\n2||2' "$(sql 'select id, a, b from staging.s order by id')"
}

has_rows() {
	[[ $(sql 'select count(*) from staging.s' 2>/dev/null) == "$1" ]]
}

@test "the 1,601st column costs its record where types come from values" {
	sql 'create schema staging; create table staging.s (id bigint primary key)'
	sql "do \$\$ begin execute (select 'alter table staging.s ' || string_agg('add a_' || i || ' text', ', ')
	    from generate_series(1, 1597) as i); end \$\$; alter table staging.s drop a_1"
	run -65 --separate-stderr upsert --stream s --key id < <(printf '%s\n' '{"id":1,"b":1}' '{"id":2,"c":1}' '{"id":3,"d":1}' '{"id":4}')
	[[ $stderr == *"line 3: s: 'd' is one column more than a table can have"* ]]
	same $'1|1|\n2||1\n4||' "$(sql 'select id, b, c from staging.s order by id')"
}

@test "a SCHEMA's properties beyond 1,600 columns are left out, named" {
	sql 'create schema staging; create table staging.s (id bigint primary key)'
	sql "do \$\$ begin execute (select 'alter table staging.s ' || string_agg('add a_' || i || ' text', ', ')
	    from generate_series(1, 1598) as i); end \$\$"
	run -0 --separate-stderr upsert < <(
	    schema '"id":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"integer"},"d":{"type":"integer"}' '["id"]'
	    record '"id":1,"b":1,"c":2,"d":3')
	[[ $stderr == *"s: 'c' and 1 more properties are left out: a table has 1600 columns at most"* ]]
	same '1|1' "$(sql 'select id, b from staging.s')"
}

@test "a row wider than a page, and a key longer than an index takes, cost their rows" {
	wide=$(seq 1100 | sed 's/.*/"c&":&/' | paste -sd,)
	long=$(head -c 6000 /dev/urandom | base64 -w0)
	run -65 --separate-stderr upsert --stream s --key id < <(printf '%s\n' '{"id":"1"}' "{\"id\":\"2\",$wide}" \
	    "{\"id\":\"$long\"}" '{"id":"4"}')
	[[ $stderr == *"line 2: s: the server refuses it: row is too big"* ]]
	[[ $stderr == *"line 3: s: the server refuses it: index row size"* ]]
	same $'1\n4' "$(sql 'select id from staging.s order by id')"
}

# --- schemas ------------------------------------------------------------------

@test "types are widened when a SCHEMA grows, and never narrowed" {
	upsert < <(schema '"id":{"type":"integer"},"a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"boolean"},"d":{"type":"string","format":"date-time"}' '["id"]'
	    record '"id":1,"a":1,"b":2,"c":true,"d":"2026-09-20T10:00:00Z"'
	    schema '"id":{"type":"integer"},"a":{"type":"number"},"b":{"type":["integer","string"]},"c":{"type":["boolean","object"]},"d":{"type":"string"}' '["id"]'
	    record '"id":2,"a":1.10,"b":"x","c":{"y":1},"d":"then"'
	    schema '"id":{"type":"integer"},"a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"boolean"},"d":{"type":"string","format":"date-time"}' '["id"]'
	    record '"id":3,"a":5,"b":6,"c":false,"d":"2026-09-20T11:00:00Z"')
	same '1|1|2|true|2026-09-20T10:00:00+00:00
2|1.10|"x"|{"y": 1}|then
3|5|6|false|2026-09-20T11:00:00Z' "$(sql 'select * from staging.s order by id')"
}

@test "an entity's columns are widened under its view" {
	upsert < <(entity; seen 1 10:00:00 1 '"a"')
	sed 's/"v":{"type":\["string","null"\]}/"v":{"type":"object"},"w":{"type":"integer"}/' < <(entity) >"$tmp/wider"
	upsert < <(cat "$tmp/wider"; seen 2 10:00:00 2 '{"x":1}')
	same $'1|"a"|\n2|{"x": 1}|' "$(sql 'select id, v, w from staging.s_full order by id')"
}

@test "a property that SCHEMA no longer has is null in rows written since" {
	upsert < <(schema "$id_v"',"w":{"type":"integer"}' '["id"]'; record '"id":1,"v":"a","w":1'; record '"id":2,"v":"a","w":2')
	upsert < <(schema "$id_v" '["id"]'; record '"id":1,"v":"b"')
	same $'1|b|\n2|a|2' "$(sql 'select id, v, w from staging.s order by id')"
}

@test "a column that somebody else added is left alone" {
	upsert < <(schema "$id_v" '["id"]'; record '"id":1,"v":"a"')
	sql "alter table staging.s add mine text default 'x'"
	upsert < <(schema "$id_v" '["id"]'; record '"id":1,"v":"b"'; record '"id":2')
	same $'1|b|x\n2||x' "$(sql 'select id, v, mine from staging.s order by id')"
}

@test "names beyond 63 bytes are cut, and kept apart by a hash" {
	long=$(printf 'x%.0s' {1..80})
	upsert < <(schema "\"id\":{\"type\":\"integer\"},\"${long}a\":{\"type\":\"string\"},\"${long}b\":{\"type\":\"string\"}" '["id"]'
	    record "\"id\":1,\"${long}a\":\"A\",\"${long}b\":\"B\"")
	same 2 "$(sql "select count(*) from pg_attribute where attrelid = 'staging.s'::regclass and attname like 'xxx%'")"
	[[ $(sql 'select * from staging.s') == '1|A|B' ]]
}

@test "a SCHEMA with a key that is no property ends the run, after what came before it" {
	run -65 --separate-stderr upsert < <(schema "$id_v" '["id"]'; record '"id":1'; schema "$id_v" '["nope"]')
	[[ $stderr == *"line 3: SCHEMA of 's': 'key_properties' names what is no property"* ]]
	same 1 "$(sql 'select id from staging.s')"
}

@test "several vupserts can start at once on no table at all" {
	for i in 1 2 3 4; do
		upsert -q < <(entity; seen $i 10:00:00 $i '"a"') 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	same 4 "$(sql 'select count(*) from staging.s_full')"
}

# --- order: law 2 -------------------------------------------------------------

@test "an older record does not replace a newer one, but widens first_seen" {
	upsert < <(entity; seen 1 12:00:00 5 '"new"')
	run -0 --separate-stderr upsert < <(entity; seen 1 10:00:00 9 '"old"'; seen 1 11:00:00 1 '"old"')
	same "vupsert: s: 2 records = 0 inserted + 0 updated + 0 unchanged + 2 older + 0 duplicate + 0 rejected, 0 deleted" "$(ledger)"
	same '1|new|5|2026-09-20 10:00:00+00|2026-09-20 12:00:00+00' \
	    "$(sql 'select id, v, line, first_seen, last_seen from staging.s_full')"
}

@test "a newer record with the same values moves the position and leaves the wide row" {
	upsert < <(entity; seen 1 10:00:00 1 '"a"')
	before=$(sql 'select ctid, xmin from staging.s')
	run -0 --separate-stderr upsert < <(entity; seen 1 11:00:00 2 '"a"')
	same "vupsert: s: 1 records = 0 inserted + 0 updated + 1 unchanged + 0 older + 0 duplicate + 0 rejected, 0 deleted" "$(ledger)"
	same "$before" "$(sql 'select ctid, xmin from staging.s')"
	same '2|2026-09-20 10:00:00+00|2026-09-20 11:00:00+00' "$(sql 'select line, first_seen, last_seen from staging.s_full')"
}

@test "the position decides as times, text bytewise, numbers as numbers" {
	upsert < <(entity
	    record '"id":1,"at":"2026-09-20T12:00:00+02:00","run":"b","line":9,"v":"no"'
	    record '"id":1,"at":"2026-09-20T10:00:00Z","run":"b","line":10,"v":"yes"'
	    record '"id":1,"at":"2026-09-20T10:00:00Z","run":"B","line":99,"v":"no"')
	upsert < <(entity
	    record '"id":1,"at":"2026-09-20T10:00:00.000Z","run":"a","line":100,"v":"no"'
	    record '"id":1,"at":"2026-09-20T10:00:00Z","run":"b","line":2,"v":"no"')
	same '1|yes|10' "$(sql 'select id, v, line from staging.s_full')"
}

@test "null is a value: it replaces an older one" {
	upsert < <(entity; seen 1 10:00:00 1 '"a"')
	upsert < <(entity; seen 1 11:00:00 1 null)
	same '1|' "$(sql 'select id, v from staging.s_full')"
}

@test "any order, any batch size, any repetition: the same rows" {
	upsert -q < <(cat "$look0" "$look1")
	want=$(digest)
	for seed in 1 2; do
		sql 'drop schema staging cascade'
		upsert -q --batch-rows $((seed * 311)) < <(head -n 1 "$look0"
		    grep -h RECORD "$look0" "$look1" "$look0" | shuf --random-source=<(yes $seed))
		same "$want" "$(digest)"
	done
}

@test "an order without x-seen keeps the position in the table" {
	decl() { schema '"run":{"type":"string"},"line":{"type":"integer"},"contract":{"type":"integer"},"v":{"type":"string"}' '["run","line"]' ',"x-order":["contract"]'; }
	upsert < <(decl; record '"run":"r","line":1,"contract":2,"v":"two"'; record '"run":"r","line":2,"contract":1,"v":"a"')
	run -0 --separate-stderr upsert < <(decl; record '"run":"r","line":1,"contract":1,"v":"one"'; record '"run":"r","line":2,"contract":3,"v":"b"')
	same "vupsert: s: 2 records = 0 inserted + 1 updated + 0 unchanged + 1 older + 0 duplicate + 0 rejected, 0 deleted" "$(ledger)"
	same $'r|1|2|two\nr|2|3|b' "$(sql 'select run, line, contract, v from staging.s order by line')"
}

@test "the same input twice writes nothing the second time" {
	upsert -q <"$look0"
	sql checkpoint
	before=$(sql "select pg_current_wal_insert_lsn()")
	run -0 --separate-stderr upsert <"$look0"
	[[ $stderr == *"$ROWS records = 0 inserted + 0 updated + 0 unchanged + 0 older + $ROWS duplicate + 0 rejected"* ]]
	(($(sql "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '$before')") < 2000))
}

# --- versions of a table --------------------------------------------------------

# of VERSION ID V: a RECORD of a version
of() {
	record "\"id\":$2,\"v\":\"$3\"" | sed "s/}\$/,\"version\":$1}/"
}

activate() {
	printf '{"type":"ACTIVATE_VERSION","stream":"s","version":%s}\n' "$1"
}

@test "ACTIVATE_VERSION deletes the rows of older versions, and STATE comes behind it" {
	run -0 --separate-stderr upsert < <(schema "$id_v" '["id"]'; of 1 1 a; of 1 2 a; activate 1)
	same $'1|a|1\n2|a|1' "$(sql 'select id, v, _sdc_table_version from staging.s order by id')"
	run -0 --separate-stderr upsert < <(schema "$id_v" '["id"]'; of 2 1 a; of 2 3 b; activate 2
	    of 2 4 c; printf '{"type":"STATE","value":1}\n')
	same $'1|a|2\n3|b|2\n4|c|2' "$(sql 'select id, v, _sdc_table_version from staging.s order by id')"
	same "vupsert: s: 3 records = 2 inserted + 1 updated + 0 unchanged + 0 older + 0 duplicate + 0 rejected, 1 deleted" "$(ledger)"
	same '{"type":"STATE","value":1}' "$output"
}

@test "--soft marks the rows of older versions; one that comes back is marked no more" {
	upsert < <(schema "$id_v" '["id"]'; of 1 1 a; of 1 2 a; activate 1)
	run -0 --separate-stderr upsert --soft < <(schema "$id_v" '["id"]'; of 2 1 a; activate 2)
	same $'1|f\n2|t' "$(sql 'select id, _sdc_deleted_at is not null from staging.s order by id')"
	before=$(sql 'select _sdc_deleted_at from staging.s where id = 2')
	upsert --soft < <(schema "$id_v" '["id"]'; activate 2)
	same "$before" "$(sql 'select _sdc_deleted_at from staging.s where id = 2')"
	upsert --soft < <(schema "$id_v" '["id"]'; of 3 1 a; of 3 2 a; activate 3)
	same $'1|f\n2|f' "$(sql 'select id, _sdc_deleted_at is not null from staging.s order by id')"
}

@test "rows from before there were versions go, unless records still come without one" {
	upsert < <(schema "$id_v" '["id"]'; record '"id":1'; record '"id":2')
	run -0 --separate-stderr upsert < <(schema "$id_v" '["id"]'; record '"id":3'; activate 7)
	[[ $stderr == *"line 3: s: records came without a version: rows without one stay"* ]]
	same 3 "$(sql 'select count(*) from staging.s')"
	upsert < <(schema "$id_v" '["id"]'; of 8 2 a; activate 8)
	same '2|a' "$(sql 'select id, v from staging.s')"
	upsert < <(schema "$id_v" '["id"]'; activate 9)
	same 0 "$(sql 'select count(*) from staging.s')"
}

@test "a stream without a key, several batches, a SCHEMA in between: older versions go" {
	upsert < <(schema "$id_v" '[]'; of 1 1 a; of 1 1 a; activate 1)
	run -0 --separate-stderr upsert --batch-rows 2 < <(schema "$id_v" '[]'; of 2 1 b; of 2 2 b; of 2 3 b
	    schema "$id_v"',"w":{"type":"integer"}' '[]'; of 2 4 b; activate 2; of 2 5 b)
	same $'1|2\n2|2\n3|2\n4|2\n5|2' "$(sql 'select id, _sdc_table_version from staging.s order by id')"
}

@test "an ACTIVATE_VERSION that cannot be done ends the run, before a STATE behind it" {
	try() {
		run -65 --separate-stderr upsert < <(cat; printf '{"type":"STATE","value":1}\n')
		[[ $stderr == *"ACTIVATE_VERSION of 's': $1" && -z $output ]]
	}
	try 'no SCHEMA came before it' < <(activate 1)
	try 'its version is no integer' < <(schema "$id_v" '["id"]'; activate '"x"')
	try "'_sdc_table_version' is a key, or no integer" < <(
	    schema '"id":{"type":"integer"},"_sdc_table_version":{"type":"string"}' '["id"]'; activate 1)
	sql 'drop schema staging cascade'
	try "the stream has 'x-order', 'x-seen' or 'x-replace'" < <(entity; activate 1)
}

@test "too many rejects: the rows of older versions stay" {
	upsert < <(schema "$id_v" '["id"]'; of 1 1 a; of 1 2 a; activate 1)
	run -65 --separate-stderr upsert < <(schema "$id_v" '["id"]'; of 2 1 a; of 2 '"x"' a; activate 2)
	[[ $stderr == *"line 4: s: too many records were rejected: the rows of older versions stay"* ]]
	same $'1|2\n2|1' "$(sql 'select id, _sdc_table_version from staging.s order by id')"
}

# --- files of records -----------------------------------------------------------

# batch COMPRESSION FILE...: a BATCH message of stream s
batch() {
	local compression=$1

	shift
	printf '{"type":"BATCH","stream":"s","encoding":{"format":"jsonl","compression":%s},"manifest":[%s]}\n' \
	    "$compression" "$(printf '"file://%s"\n' "$@" | paste -sd,)"
}

@test "the files of a BATCH are loaded, plain or of gzip, before the STATE behind it" {
	printf '%s\n' '{"id":1,"v":"a"}' '{"id":2,"v":"b"}' >"$tmp/one"
	{ printf '%s\n' '{"id":3}' | gzip; printf '\n%s' '{"id":4}' | gzip; } >"$tmp/two more.gz"
	run -0 --separate-stderr upsert < <(schema "$id_v" '["id"]'; record '"id":2,"v":"first"'
	    batch null "$tmp/one"; batch '"gzip"' "$tmp/two%20more.gz"; batch '"none"' "$tmp/one"
	    record '"id":1,"v":"last"'; printf '{"type":"STATE","value":7}\n')
	same $'1|last\n2|b\n3|\n4|' "$(sql 'select id, v from staging.s order by id')"
	same '{"type":"STATE","value":7}' "$output"
}

@test "a bad line of a BATCH is rejected by its file and line" {
	printf '%s\n' '{"id":1}' '{"id":"x"}' '[]' '{"id":2' >"$tmp/one"
	run -65 --separate-stderr upsert --rejects "$tmp/rejects" < <(schema "$id_v" '["id"]'; batch null "$tmp/one"
	    printf '{"type":"STATE","value":7}\n')
	same "2|'$tmp/one': 'id' is not an integer
3|'$tmp/one': is no object" "$(jq -r '"\(.line)|\(.reason)"' "$tmp/rejects" | head -n 2)"
	same 1 "$(sql 'select id from staging.s')"
	[ -z "$output" ]
}

@test "a BATCH that cannot be loaded whole ends the run, before a STATE behind it" {
	try() {
		run -65 --separate-stderr upsert < <(schema "$id_v" '["id"]'; cat; printf '{"type":"STATE","value":7}\n')
		[[ $stderr == *"line 2: BATCH: "*"$1"* && -z $output ]] || { echo "$stderr"; return 1; }
	}
	printf '{"id":1}\n' >"$tmp/good"
	printf '{"id":1}\n' | gzip | head -c 20 >"$tmp/cut.gz"
	ln -s good "$tmp/link"
	mkfifo "$tmp/pipe"
	try "'$tmp/absent' No such file or directory" < <(batch null "$tmp/good" "$tmp/absent")
	try "'$tmp/cut.gz' is not of gzip, or cut short" < <(batch '"gzip"' "$tmp/cut.gz")
	try "'$tmp/good' is not of gzip, or cut short" < <(batch '"gzip"' "$tmp/good")
	try "'$tmp/link' is a symbolic link" < <(batch null "$tmp/link")
	try "'$tmp/pipe' is no file" < <(batch null "$tmp/pipe")
	try "'/dev/zero' is no file" < <(batch null /dev/zero)
	try "only jsonl can be loaded, plain or compressed by gzip" < <(batch '"zstd"' "$tmp/good")
	try "only jsonl can be loaded, plain or compressed by gzip" < <(batch null "$tmp/good" | sed s/jsonl/parquet/)
	try "its manifest names what is no file:///... of this machine" < <(batch null "$tmp/good" | sed s/file:/s3:/)
	try "its manifest names what is no file:///... of this machine" < <(batch null "host$tmp/good")
	try "it has no manifest" < <(batch null "$tmp/good" | sed s/manifest/files/)
	same 0 "$(sql 'select count(*) from staging.s')"
	run -65 --separate-stderr upsert < <(batch null "$tmp/good")
	[[ $stderr == *"line 1: BATCH: no SCHEMA of its stream came before it" ]]
}

# --- scopes -------------------------------------------------------------------

scoped() {
	schema '"item":{"type":"integer"},"n":{"type":"integer"},"v":{"type":["number","null"]}' '["item","n"]' ',"x-replace":["item"]'
}

scope() {
	printf '{"type":"SCOPE","stream":"s","scope":{"item":%s},"records":%s}\n' "$1" "$2"
}

event() {
	record "\"item\":$1,\"n\":$2,\"v\":$3"
}

@test "a scope's records become its set: only differences are written" {
	upsert < <(scoped; scope 1 3; event 1 1 1.10; event 1 2 2; event 1 3 3; scope 2 1; event 2 1 9)
	before=$(sql 'select xmin from staging.s where item = 1 and n = 1')
	run -0 --separate-stderr upsert < <(scoped; scope 1 3; event 1 1 1.10; event 1 2 7; event 1 4 4; scope 2 0)
	same "vupsert: s: 3 records = 1 inserted + 1 updated + 1 unchanged + 0 older + 0 duplicate + 0 rejected, 2 deleted" "$(ledger)"
	same $'1|1|1.10\n1|2|7\n1|4|4' "$(sql 'select item, n, v from staging.s order by n')"
	same "$before" "$(sql 'select xmin from staging.s where n = 1')"
}

@test "a scope that ends short is rejected, whatever was there stays" {
	upsert < <(scoped; scope 1 2; event 1 1 1; event 1 2 2)
	run -0 --separate-stderr upsert --threshold 1 --batch-rows 1 < <(scoped; scope 1 3; event 1 1 5; event 1 9 5
	    scope 2 1; event 2 1 1)
	[[ $stderr == *"line 2: s: the scope ends after 2 of 3 records"* ]]
	same $'1|1|1\n1|2|2\n2|1|1' "$(sql 'select item, n, v from staging.s order by item, n')"
}

@test "a scope with a bad record is rejected whole" {
	upsert < <(scoped; scope 1 1; event 1 1 1)
	run -0 --separate-stderr upsert --threshold 1 < <(scoped; scope 1 2; event 1 1 5; event 1 2 '"x"')
	same '1|1|1' "$(sql 'select item, n, v from staging.s')"
	same "vupsert: s: 2 records = 0 inserted + 0 updated + 0 unchanged + 0 older + 0 duplicate + 2 rejected, 0 deleted" "$(ledger)"
}

@test "nothing is committed inside a scope, however large, and STATE waits for its end" {
	upsert -q < <(scoped; scope 1 1; event 1 0 1)
	mkfifo "$tmp/in"
	upsert -q --batch-rows 10 <"$tmp/in" >"$tmp/out" 3>&- &
	pid=$!
	exec 5>"$tmp/in"
	{ scoped; printf '{"type":"STATE","value":1}\n'; scope 1 100
	    for i in {1..60}; do event 1 $i 1; done; } >&5
	sleep 0.5
	same 1 "$(sql 'select count(*) from staging.s')"
	[ ! -s "$tmp/out" ]
	for i in {61..100}; do event 1 $i 1; done >&5
	exec 5>&-
	wait $pid
	same 100 "$(sql 'select count(*) from staging.s')"
	same '{"type":"STATE","value":1}' "$(cat "$tmp/out")"
}

@test "the sets of a stream are written, whichever stream has one larger than a batch" {
	scoped_t() { scoped | sed 's/"s"/"t"/'; }
	for key in '' 'alter table staging.s drop constraint s_pkey, add primary key (n, item)'; do
		upsert -q < <(scoped; scoped_t)
		sql "$key"
		run -0 --separate-stderr upsert --batch-rows 10 < <(scoped; scoped_t; scope 1 2; event 1 1 1; event 1 2 1
		    scope 2 30 | sed 's/"s"/"t"/'; for i in {1..30}; do event 2 $i 1; done | sed 's/"s"/"t"/')
		same '2|30' "$(sql 'select (select count(*) from staging.s), (select count(*) from staging.t)')"
		sql 'drop schema staging cascade'
	done
}

@test "a set that is rejected is not waited for" {
	mkfifo "$tmp/in"
	upsert --threshold 1 --batch-age 100ms <"$tmp/in" 3>&- &
	pid=$!
	exec 5>"$tmp/in"
	{ scoped; scope 1 2; event 1 1 1; event 1 2 '"x"'; } >&5
	sleep 0.5
	{ scope 1 1; event 1 1 1; } >&5
	until_true 10 event_1
	exec 5>&-
	wait $pid
}

event_1() {
	[[ $(sql 'select count(*) from staging.s') == 1 ]]
}

# sets SEED: 300 sets of 40 items, which repeat, as do keys inside of a set
sets() {
	awk -v seed="$1" 'BEGIN { srand(seed)
	    for (i = 0; i < 300; i++) {
	        item = int(rand() * 40)
	        n = int(rand() * 7)
	        printf "{\"type\":\"SCOPE\",\"stream\":\"s\",\"scope\":{\"item\":%d},\"records\":%d}\n", item, n
	        while (n-- > 0)
	            printf "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"item\":%d,\"n\":%d,\"v\":%s}}\n",
	                item, rand() * 5, rand() < 0.2 ? "null" : int(rand() * 3) "." int(rand() * 2) } }'
}

# written LABEL OPTION...: what three rounds of sets leave, and their ledgers
written() {
	local order=$1 seed

	shift
	for seed in 1 2 3; do
		upsert "$@" < <(scoped | sed "s/]}\$/]$order}/"; sets $seed) 2>&1 | grep '^vupsert: s: '
	done
	digest s
}

@test "sets leave the same, found by the key or not, whole or in pieces, with an order or none" {
	for order in '' ',"x-order":["v"]'; do
		[[ -z $order ]] || scoped() { schema '"item":{"type":"integer"},"n":{"type":"integer"},"v":{"type":"number"}' '["item","n"]' ',"x-replace":["item"]'; }
		by_key=$(written "$order" --threshold 1)
		sql 'drop table staging.s; create table staging.s (item bigint, n bigint, v numeric, primary key (n, item))'
		same "$by_key" "$(written "$order" --threshold 1)"
		sql 'drop table staging.s'
		pieces=$(written "$order" --threshold 1 --batch-rows 1)
		sql 'drop table staging.s'
		same "$pieces" "$(written "$order" --threshold 1 --batch-rows 1 --single-transaction)"
		same "${by_key##*$'\n'}" "${pieces##*$'\n'}"
		sql 'drop table staging.s'
	done
}

@test "sets of a table in partitions, and of as many columns as there can be" {
	sql 'create schema staging; create table staging.s (item bigint, n bigint, v numeric, primary key (item, n)) partition by hash (item);
	    create table staging.s0 partition of staging.s for values with (modulus 2, remainder 0);
	    create table staging.s1 partition of staging.s for values with (modulus 2, remainder 1)'
	upsert -q < <(scoped; for i in {1..40}; do scope $i 2; event $i 1 1; event $i 2 1; done)
	run -0 --separate-stderr upsert < <(scoped; for i in {1..30}; do scope $i $((i % 2)); ((i % 2 == 0)) || event $i 2 2; done)
	same "vupsert: s: 15 records = 0 inserted + 15 updated + 0 unchanged + 0 older + 0 duplicate + 0 rejected, 45 deleted" "$(ledger)"
	same '35|15' "$(sql 'select count(*), count(*) filter (where v = 2) from staging.s')"

	sql 'drop schema staging cascade'
	wide() { schema "\"item\":{\"type\":\"integer\"},\"n\":{\"type\":\"integer\"}$(printf ',"c%s":{"type":["boolean","null"]}' {1..1596})" '["item","n"]' ',"x-replace":["item"]'; }
	upsert -q < <(wide; scope 1 2; record '"item":1,"n":1,"c1":true'; record '"item":1,"n":2')
	run -0 --separate-stderr upsert < <(wide; scope 1 2; record '"item":1,"n":1,"c1596":true'; record '"item":1,"n":3')
	same "vupsert: s: 2 records = 1 inserted + 1 updated + 0 unchanged + 0 older + 0 duplicate + 0 rejected, 1 deleted" "$(ledger)"
}

@test "a set is found by the key: what else the table holds is not read" {
	upsert -q < <(scoped; for i in {1..1000}; do scope $i 2; event $i 1 1; event $i 2 1; done)
	sql "analyze staging.s; select pg_stat_reset_single_table_counters('staging.s'::regclass)" >/dev/null
	upsert -q --batch-rows 30 < <(scoped; for i in {1..900}; do scope $i 2; event $i 1 1; event $i 3 2; done)
	until_true 60 changed_900
	same t "$(sql "select seq_tup_read < 1000 from pg_stat_user_tables where relname = 's'")"
	same '2000|900' "$(sql 'select count(*), count(*) filter (where n = 3) from staging.s')"
}

changed_900() {
	[[ $(sql "select n_tup_del from pg_stat_user_tables where relname = 's'") == 900 ]]
}

# --- one transaction ----------------------------------------------------------

# whole OPTION...: a vupsert of one transaction, of small batches, reads from 5
whole() {
	mkfifo "$tmp/in"
	vupsert --schema staging --single-transaction --batch-rows 10 --batch-age 20ms "$@" \
	    <"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
	pid=$!
	exec 5>"$tmp/in"
}

# in_transaction: some rows are on the server, and not committed
in_transaction() {
	until_true 60 waiting
	sleep 0.2
}

waiting() {
	(($(sql "select count(*) from pg_stat_activity where datname = current_database()
	    and application_name = 'vupsert' and state = 'idle in transaction'") > 0))
}

@test "--single-transaction: all of it at the end, STATE too; what is bad costs itself" {
	upsert -q < <(schema "$id_v" '["id"]'; record '"id":0')
	whole --rejects "$tmp/rejects"
	{ schema "$id_v" '["id"]'; records 1 100; printf '{"type":"STATE","value":1}\n'; echo '{broken'
	    record '"id":"x"'; records 101 200; } >&5
	in_transaction
	same 1 "$(sql 'select count(*) from staging.s')"
	[ ! -s "$tmp/out" ]
	printf '{"type":"STATE","value":2}\n' >&5
	exec 5>&-
	wait $pid
	same 201 "$(sql 'select count(*) from staging.s')"
	same $'{"type":"STATE","value":1}\n{"type":"STATE","value":2}' "$(cat "$tmp/out")"
	same $'103\n104' "$(jq .line "$tmp/rejects")"
	grep -q 's: 201 records = 200 inserted .* 1 rejected' "$tmp/err"
}

@test "--single-transaction: kill -9 half way, and nothing of it is there" {
	upsert -q < <(scoped; scope 1 2; event 1 1 1; event 1 2 2)
	whole
	{ scoped; scope 1 1; event 1 3 3; for i in {2..60}; do scope $i 2; event $i 1 1; event $i 2 2; done; } >&5
	in_transaction
	kill -9 $pid
	exec 5>&-
	status=0
	wait $pid || status=$?
	same 137 $status
	until_true 60 nobody
	same $'1|1|1\n1|2|2' "$(sql 'select item, n, v from staging.s order by n')"
	[ ! -s "$tmp/out" ]
}

nobody() {
	[[ $(sql "select count(*) from pg_stat_activity where application_name = 'vupsert' and datname = current_database()") == 0 ]]
}

@test "--single-transaction: after SIGTERM nothing of it is there, and it is said" {
	upsert -q < <(schema "$id_v" '["id"]'; record '"id":0')
	whole
	{ schema "$id_v" '["id"]'; records 1 200; printf '{"type":"STATE","value":1}\n'; } >&5
	in_transaction
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	exec 5>&-
	same 143 $status
	same 1 "$(sql 'select count(*) from staging.s')"
	[ ! -s "$tmp/out" ]
	same 'vupsert: stopped: nothing of the input is written' "$(cat "$tmp/err")"
}

@test "--single-transaction: a message that ends the run ends it without any row" {
	run -65 --separate-stderr upsert --single-transaction --batch-rows 10 < <(schema "$id_v" '["id"]'; records 1 100
	    echo '{"type":"HALT","stream":"s"}')
	same 0 "$(sql 'select count(*) from staging.s')"
}

@test "--single-transaction: new columns, wider ones and what the server refuses go with it" {
	sql "create schema staging; create table staging.s (id bigint primary key, v text);
	    create function staging.refuse() returns trigger language plpgsql as \$\$ begin
	        if new.id = 55 then raise 'no' using errcode = '22003'; end if; return new; end \$\$;
	    create trigger refuse before insert on staging.s for each row execute function staging.refuse()"
	run -0 --separate-stderr upsert --single-transaction --batch-rows 10 < <(schema "$id_v" '["id"]'; records 1 100
	    schema "$id_v"',"w":{"type":"integer"}' '["id"]'; record '"id":101,"w":1'
	    record '"id":102,"w":10000000000000000000'; records 103 150)
	same "vupsert: s: 150 records = 149 inserted + 0 updated + 0 unchanged + 0 older + 0 duplicate + 1 rejected, 0 deleted" "$(ledger)"
	same '149|10000000000000000001' "$(sql 'select count(*), sum(w) from staging.s')"

	sql 'truncate staging.s'
	whole
	{ schema "$id_v" '["id"]'; records 1 30; schema "$id_v"',"x":{"type":"integer"}' '["id"]'; records 31 60; } >&5
	in_transaction
	kill -9 $pid
	exec 5>&-
	wait $pid || :
	until_true 60 nobody
	same 0 "$(sql "select count(*) from pg_attribute where attrelid = 'staging.s'::regclass and attname = 'x'")"
}

@test "--single-transaction: older versions go with it" {
	at() { printf '{"type":"RECORD","stream":"s","version":%s,"record":{"id":%s}}\n' "$1" "$2"; }
	upsert -q < <(schema "$id_v" '["id"]'; at 1 1; at 1 2)
	whole
	{ schema "$id_v" '["id"]'; for i in {2..40}; do at 2 $i; done; echo '{"type":"ACTIVATE_VERSION","stream":"s","version":2}'
	    at 2 41; } >&5
	in_transaction
	same '2|1' "$(sql 'select count(*), max(_sdc_table_version) from staging.s')"
	exec 5>&-
	wait $pid
	same '40|2' "$(sql 'select count(*), min(_sdc_table_version) from staging.s')"
	grep -q ' 1 deleted' "$tmp/err"
}

@test "--single-transaction: a batch that is rolled back is repeated from its beginning" {
	sql "create schema staging; create table staging.s (id bigint primary key, v text); create sequence staging.n;
	    create function staging.again() returns trigger language plpgsql as \$\$ begin
	        if new.id = 55 and nextval('staging.n') < 3 then raise 'again' using errcode = '40001'; end if; return new; end \$\$;
	    create trigger again before insert on staging.s for each row execute function staging.again()"
	run -0 --separate-stderr upsert --single-transaction --batch-rows 10 < <(schema "$id_v" '["id"]'; records 1 100)
	same "vupsert: s: 100 records = 100 inserted + 0 updated + 0 unchanged + 0 older + 0 duplicate + 0 rejected, 0 deleted" "$(ledger)"
	same '100|3' "$(sql 'select count(*), nextval($$staging.n$$) - 1 from staging.s')"
}

@test "--single-transaction: who moves from one set to another is in one of them at any time" {
	moved() { scope "$1" 1; record "\"item\":$1,\"n\":1000,\"v\":1"; }
	upsert -q < <(scoped; scope 1 0; moved 2)
	sql "do \$\$ declare bad bigint := 0; n bigint; begin
	    loop
	        select count(*) into n from staging.s where s.n = 1000;
	        bad := bad + (n <> 1)::int;
	        exit when exists (select from pg_class where relname = 'done_now');
	    end loop;
	    raise 'bad looks: %', bad; end \$\$" 2>"$tmp/looks" 3>&- &
	looks=$!
	for i in {1..5}; do
		upsert -q --single-transaction --batch-rows 10 < <(scoped; moved 1
		    for j in {3..40}; do scope $j 1; event $j $i 1; done; scope 2 0)
		upsert -q --single-transaction --batch-rows 10 < <(scoped; scope 1 0
		    for j in {3..40}; do scope $j 1; event $j $i 2; done; moved 2)
	done
	sql 'create table done_now ()'
	wait $looks || :
	grep -q 'bad looks: 0' "$tmp/looks"
}

# --- STATE and ops ------------------------------------------------------------

@test "STATE comes back once its rows are there, without waiting for more input" {
	mkfifo "$tmp/in"
	upsert -q --batch-age 100ms <"$tmp/in" >"$tmp/out" 3>&- &
	pid=$!
	exec 5>"$tmp/in"
	{ schema "$id_v" '["id"]'; record '"id":1'; printf '{"type":"STATE","value":{"a":1}}\n'; } >&5
	until_true 60 test -s "$tmp/out"
	same 1 "$(sql 'select count(*) from staging.s')"
	exec 5>&-
	wait $pid
	same '{"type":"STATE","value":{"a":1}}' "$(cat "$tmp/out")"
}

ops() {
	psql -X -q -v ON_ERROR_STOP=1 -f "$ROOT/schema/migration/0001-ops.sql"
}

load_state() {
	printf '{"type":"STATE","value":{"load":{"run":"r1","part":"0001","step":"upsert","published":true,"contracts":{"item.v":%s},"ledger":{"lines":2}}}}\n' "$1"
}

@test "too many rejects hold STATE back, until enough records are behind it" {
	state() { printf '{"type":"STATE","value":%s}\n' "$1"; }
	run -65 --separate-stderr upsert < <(schema "$id_v" '["id"]'; record '"id":1'; state 1; record '"id":"x"'; state 2)
	same "$(state 1)" "$output"
	[[ $stderr == *"STATE is held back"*"1 of 2 records were rejected, more than a share of 0.05"* ]]
	run -0 --separate-stderr upsert --threshold 0.2 < <(schema "$id_v" '["id"]'; record '"id":"x"'; state 1
	    for i in {1..9}; do record "\"id\":$i"; done; state 2)
	same "$(state 2)" "$output"
}

@test "rows that the server refuses hold STATE and ops.load back, too" {
	ops
	sql 'create schema staging; create table staging.s (id bigint primary key, v text check (v <> $$bad$$))'
	bad() { schema "$id_v" '["id"]'; record '"id":1,"v":"bad"'; record '"id":2'; load_state 1; }
	run -65 --separate-stderr upsert < <(bad)
	same '0|1' "$(sql 'select (select count(*) from ops.load), count(*) from staging.s')"
	[[ -z $output && $stderr == *": STATE is held back"* ]]
	run -65 --separate-stderr upsert --batch-rows 1 < <(bad)
	same '|0' "$output|$(sql 'select count(*) from ops.load')"
	run -0 --separate-stderr upsert --threshold 0.5 < <(bad)
	same "$(load_state 1)|1" "$output|$(sql 'select count(*) from ops.load')"
}

@test "a load is noted in ops.load with its rows; loading again keeps the newest" {
	ops
	run -0 upsert -q < <(schema "$id_v" '["id"]'; record '"id":1'; load_state 1)
	same "$(load_state 1)" "$output"
	run -0 upsert -q < <(schema "$id_v" '["id"]'; record '"id":1'; load_state 2)
	same 'r1|0001|upsert|t|{"item.v": 2}' "$(sql 'select run, part, step, published, contracts from ops.load')"
}

@test "a load into another schema than staging says nothing in ops.load" {
	ops
	run -0 vupsert -q --schema mine < <(schema "$id_v" '["id"]'; record '"id":1'; load_state 1)
	same "$(load_state 1)" "$output"
	same '0|1' "$(sql 'select (select count(*) from ops.load), count(*) from mine.s')"
}

@test "an unpublished load without ops: its rows are there, said once" {
	load_state 1 | sed s/true/false/ >"$tmp/state"
	run -0 --separate-stderr upsert < <(schema "$id_v" '["id"]'; record '"id":1'; cat "$tmp/state" "$tmp/state")
	same 1 "$(grep -c 'without lineage' <<<"$stderr")"
	same "$(cat "$tmp/state" "$tmp/state")" "$output"
	same 1 "$(sql 'select count(*) from staging.s')"
}

@test "a published load without ops: 69, and nothing of it is kept" {
	run -69 --separate-stderr upsert < <(schema "$id_v" '["id"]'; record '"id":1'; load_state 1)
	[[ $stderr == *'cannot write ops.load: relation "ops.load" does not exist'* ]]
	[ -z "$output" ]
	same 0 "$(sql 'select count(*) from staging.s')"
}

@test "streams and contracts are noted in ops, newest version" {
	ops
	declare_v() { schema "$id_v" '["id"]' ",\"x-source\":\"one\",\"x-entity\":\"item\",\"x-variants\":{\"a\":{\"version\":$1,\"columns\":[\"v\"]}}"; }
	upsert < <(declare_v 2)
	upsert < <(declare_v 1)
	same 's|one|item|{id}|{}|' "$(sql 'select * from ops.stream')"
	same 's|a|2|{v}' "$(sql 'select stream, variant, version, columns from ops.contract')"
}

@test "another pseudonym key: 78" {
	ops
	sql "insert into ops.setting values ('key', 'abc')"
	run -0 upsert < <(schema "$id_v" '["id"]' ',"x-key":"abc"')
	run -78 --separate-stderr upsert < <(schema "$id_v" '["id"]' ',"x-key":"def"')
	[[ $stderr == *"stream 's' was made with another pseudonym key than this database"* ]]
}

# --- plain NDJSON -------------------------------------------------------------

@test "bare objects go into a table that grows with them" {
	run -65 --separate-stderr upsert --stream s --key id,site < <(
	    printf '%s\n' '{"id":1,"site":"a","n":1}' '{"id":2,"site":"a","n":1.5,"t":"x"}' \
	        '{"id":1,"site":"a","n":3,"o":{"k":[1]}}' '{"site":"b"}' '7' '{"id":1,"site":"b","t":4}')
	[[ $stderr == *"line 4: s: 'id' is missing"* && $stderr == *"line 5: s: is no object"* ]]
	same $'1|a|3||{"k": [1]}\n1|b||4|\n2|a|1.5|"x"|' "$(sql 'select id, site, n, t, o from staging.s order by 1, 2')"
}

@test "bare objects without a key are appended" {
	run -0 upsert -q --stream s < <(printf '%s\n' '{"a":1}' '{"a":1}')
	run -0 upsert -q --stream s < <(printf '%s\n' '{"a":"x","b":true}')
	same $'"x"|t\n1|\n1|' "$(sql 'select a, b from staging.s order by 1')"
}

# --- two at once, killed, disconnected ----------------------------------------

@test "two vupserts at once on the same keys, shuffled: the same rows, no deadlock" {
	upsert -q < <(cat "$look0" "$look1")
	want=$(digest)
	sql 'drop schema staging cascade'
	for seed in 1 2 3; do
		upsert -q --batch-rows 100 < <(head -n 1 "$look0"
		    grep -h RECORD "$look0" "$look1" | shuf --random-source=<(yes $seed)) 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	same "$want" "$(digest)"
	same 0 "$(sql 'select deadlocks from pg_stat_database where datname = current_database()')"
}

@test "kill -9 in the middle, then again: whole batches, no STATE, then the same rows" {
	upsert -q <"$look0"
	want=$(digest)
	sql 'drop schema staging cascade'
	mkfifo "$tmp/in"
	vupsert -q --schema staging --batch-rows 200 <"$tmp/in" >"$tmp/out" 3>&- &
	pid=$!
	exec 5>"$tmp/in"
	head -n $((ROWS * 6 / 10)) "$look0" >&5
	until_true 60 some_table
	until_true 60 some_rows
	kill -9 $pid
	exec 5>&-
	status=0
	wait $pid || status=$?
	same 137 $status
	(($(sql 'select count(*) from staging.vinted_item') % 200 == 0))
	same 0 "$(sql 'select count(*) from staging.vinted_item full join staging.vinted_item_seen
	    using (site, item_id, variant) where url is null or run is null')"
	[ ! -s "$tmp/out" ]
	upsert -q <"$look0"
	same "$want" "$(digest)"
}

some_table() {
	some_relation vinted_item
}

some_relation() {
	(($(sql "select count(*) from pg_class where relname = '$1'") > 0))
}

some_rows() {
	(($(sql 'select count(*) from staging.vinted_item') > 0))
}

@test "the server restarts half way: reconnected, the batch repeated, nothing twice" {
	mkfifo "$tmp/in"
	upsert --batch-rows 200 <"$tmp/in" 2>"$tmp/err" 3>&- &
	pid=$!
	exec 5>"$tmp/in"
	plain() { schema "$id_v" '[]'; }
	{ plain; records 1 900; } >&5
	until_true 60 appended
	pg_down
	records 901 2000 >&5 &
	sleep 0.3
	pg_up 5>&-
	wait $!
	exec 5>&-
	wait $pid
	grep -q 'connection lost' "$tmp/err"
	same '2000|2000' "$(sql 'select count(*), count(distinct id) from staging.s')"
}

appended() {
	(($(sql 'select count(*) from staging.s') > 0))
}

@test "SIGTERM: the batch in hand is committed, then it dies by the signal" {
	mkfifo "$tmp/in"
	vupsert -q --schema staging <"$tmp/in" >"$tmp/out" 3>&- & # no function: its subshell would get the signal
	pid=$!
	exec 5>"$tmp/in"
	{ schema "$id_v" '["id"]'; record '"id":1'; record '"id":2'; printf '{"type":"STATE","value":1}\n'; } >&5
	until_true 60 some_relation s # the lines behind SCHEMA are read at once
	sleep 0.1
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	same 143 $status
	exec 5>&-
	same 2 "$(sql 'select count(*) from staging.s')"
	same '{"type":"STATE","value":1}' "$(cat "$tmp/out")"
}

# --- what every program meets -------------------------------------------------

@test "empty input: nothing, and the ledger closes" {
	run -0 --separate-stderr upsert </dev/null
	same "vupsert: 0 records = 0 inserted + 0 updated + 0 unchanged + 0 older + 0 duplicate + 0 rejected, 0 deleted" "$stderr"
}

@test "a byte order mark before the first line is passed over" {
	mark=$'\xef\xbb\xbf'
	run -0 --separate-stderr upsert < <(printf %s "$mark"; schema "$id_v" '["id"]'; record '"id":1')
	same 1 "$(sql 'select id from staging.s')"
	run -0 --separate-stderr upsert --stream p < <(printf '%s{"id":1}\n{"id":2}\n' "$mark")
	same $'1\n2' "$(sql 'select id from staging.p order by 1')"
	run -0 --separate-stderr upsert < <(printf %s "$mark")
	same "vupsert: 0 records = 0 inserted + 0 updated + 0 unchanged + 0 older + 0 duplicate + 0 rejected, 0 deleted" "$stderr"
}

@test "a last line without newline counts" {
	upsert < <(schema "$id_v" '["id"]'; printf '%s' "$(record '"id":1')")
	same 1 "$(sql 'select id from staging.s')"
}

@test "broken JSON, broken UTF-8 and a line too long are rejected by their lines" {
	run -65 --separate-stderr upsert --max-line 300 --rejects "$tmp/rejects" < <(schema "$id_v" '["id"]'
	    record '"id":1'; echo '{"type":"RECORD","str'; printf '{"type":"RECORD","stream":"s","record":{"id":2,"v":"\xff"}}\n'
	    record "\"id\":3,\"v\":\"$(printf 'y%.0s' {1..400})\""; record '"id":4')
	same $'1\n4' "$(sql 'select id from staging.s order by id')"
	same $'3\n4\n5' "$(jq .line "$tmp/rejects")"
	same '["not UTF-8",false,true]' "$(jq -c 'select(.line == 4) | [.reason, has("value"), has("value_base64")]' "$tmp/rejects")"
	same '"longer than 300 bytes"' "$(jq 'select(.line == 5).reason' "$tmp/rejects")"
	[[ $stderr == *"3 of 5 records were rejected, more than a share of 0.05"* ]]
}

@test "types are read without regard to case, and unknown messages pass" {
	run -0 --separate-stderr upsert < <(schema "$id_v" '["id"]' | sed 's/SCHEMA/schema/'
	    record '"id":1' | sed 's/RECORD/Record/'; echo '{"type":"LOG","message":"half way","n":1}')
	same 1 "$(sql 'select count(*) from staging.s')"
}

@test "an unknown message that carries data ends the run, before a STATE behind it" {
	for message in '{"type":"ROWS","stream":"s","n":1}' '{"type":"DELETE","keys":[1]}' '{"type":"UPSERT","body":{}}'; do
		run -65 --separate-stderr upsert < <(schema "$id_v" '["id"]'; record '"id":1'
		    printf '{"type":"STATE","value":1}\n'; echo "$message"; printf '{"type":"STATE","value":2}\n')
		[[ $stderr == *"line 4: a message of type \""*"\" carries data that vupsert cannot load" ]]
		same '{"type":"STATE","value":1}' "$output"
	done
}

@test "properties that SCHEMA lacks are left out, and it is said" {
	run -0 --separate-stderr upsert < <(schema "$id_v" '["id"]'; record '"id":1,"more":1')
	[[ $stderr == *"s: 1 values of properties that the SCHEMA lacks were left out"* ]]
}

@test "a full disk under stdout, or none at all: 74, with its rows in" {
	run -74 --separate-stderr bash -c 'vupsert -q --schema staging >/dev/full' < <(
	    schema "$id_v" '["id"]'; record '"id":1'; printf '{"type":"STATE","value":1}\n')
	[[ $stderr == *"cannot write standard output: No space left on device"* ]]
	same 1 "$(sql 'select count(*) from staging.s')"
	run -74 --separate-stderr bash -c 'vupsert -q --schema staging >&-' \
	    < <(printf '{"type":"STATE","value":1}\n')
	[[ $stderr == *"cannot write standard output"* ]]
}

@test "a reader that leaves ends it without a word" {
	run -141 --separate-stderr bash -c 'set -o pipefail; { cat; sleep 0.3; } | vupsert -q --schema staging --batch-age 1ms | true' < <(
	    schema "$id_v" '["id"]'; record '"id":1'; printf '{"type":"STATE","value":1}\n')
	[ -z "$stderr" ]
}

@test "no server, no database, no such role, no right: a sentence and a status each" {
	PGHOST=$tmp fails 75 'cannot connect to the database' vupsert </dev/null
	PGDATABASE=nope fails 69 'cannot connect to the database: database "nope" does not exist' vupsert </dev/null
	PGUSER=nobody fails 77 'cannot connect to the database: role "nobody" does not exist' vupsert </dev/null
	sql 'create role poor login'
	PGUSER=poor fails 77 'cannot make table "staging"."s": permission denied' \
	    vupsert --schema staging < <(schema "$id_v" '["id"]')
	sql 'drop role poor'
}

@test "asked wrongly: 64" {
	fails 64 "--key goes with --stream" vupsert --key id
	fails 64 "a share is from 0 to 1, not 'many'" vupsert --threshold many
	fails 74 "cannot open 'file'" vupsert file
}

@test "out of memory: one sentence and its status, and no STATE without its rows" {
	! grep -q __asan_init "$BIN/vupsert" || skip "sanitizers have an allocator of their own"
	{ schema "$id_v" '["id"]'; of 1 1 a; of 1 2 a; activate 1; printf '{"type":"STATE","value":1}\n'; } >"$tmp/in"
	failed=0
	for at in 1 40 80 120 160 200 240 280 320; do
		run --separate-stderr env LD_PRELOAD="${O:-$ROOT/build}/fail.so" FAIL_CALL=malloc FAIL_HOW=ENOMEM FAIL_AT=$at \
		    vupsert -q --schema staging <"$tmp/in"
		if [ "$status" -eq 0 ]; then
			same 2 "$(sql 'select count(*) from staging.s')"
			continue
		fi
		[[ $status -eq 70 || $status -eq 75 ]]
		[[ ${#stderr_lines[@]} -eq 1 && $stderr == *"out of memory"* && -z $output ]]
		((++failed))
	done
	((failed > 3))
}

@test "metrics count what the ledger says" {
	upsert -q --metrics "$tmp/metrics" < <(schema "$id_v" '["id"]'; record '"id":1'; record '"id":1')
	grep -q 'vpipe_vupsert_inserted_total{stream="s"} 1' "$tmp/metrics"
	grep -q 'vpipe_vupsert_duplicate_total{stream="s"} 1' "$tmp/metrics"
}
