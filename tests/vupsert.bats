# vupsert(1): Singer messages to tables; STATE once they are durable
load helper

setup_file() {
	pg_start
	records_of() {
		psql -XAt -v rows=3000 -v look="$1" \
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

@test "array_data: arrays are jsonb, as they came" {
	conforms array_data
	same '["orange", "banana", "apple", "pear"]' \
	    "$(sql 'select fruits from staging.test_array_data where id = 4')"
}

@test "camelcase: names keep their case" {
	conforms camelcase
	same 2 "$(sql 'select count("clientName") from staging."TestCamelcase"')"
}

@test "camelcase_complex_schema: a union of types takes the widest, later properties are added" {
	conforms camelcase_complex_schema
	same 'text|bigint|text' "$(sql 'select pg_typeof("CreatedDate"), pg_typeof(age),
	    pg_typeof("_attribute_startswith_underscore")
	    from (select) as one left join staging."ForecastingTypeToCategory" on true')"
}

@test "duplicate_records: the last one wins" {
	conforms duplicate_records
	same $'1|100\n2|20' "$(sql 'select * from staging.test_duplicate_records order by id')"
}

@test "encoded_string_data: what text cannot store is rejected, by line, the rest is loaded" {
	conforms encoded_string_data 0 0.2
	[[ $stderr == *"line 12: test_strings: 'info' holds a NUL"* ]]
	same 10 "$(sql 'select count(*) from staging.test_strings')"
	same 10 "$(sql 'select count(*) from staging.test_strings_in_objects')"
	same 5 "$(sql 'select count(*) from staging.test_strings_in_arrays')"
	same 'Double quoting: \u0000 \u0041 \u0001' \
	    "$(sql 'select info from staging.test_strings where id = 10')"
	same 'ā' "$(sql 'select info from staging.test_strings where id = 8')"
}

@test "invalid_schema: the run ends, and the sentence names the line" {
	need_shared
	fails 65 "line 1: SCHEMA of 'test_invalid_schema': the schema has no properties" \
	    vupsert --schema staging <"$SHARED/conformance/singer/invalid_schema.singer"
}

@test "multiple_state_messages: all come back, in order" {
	conforms multiple_state_messages
	same "$(grep STATE "$SHARED/conformance/singer/multiple_state_messages.singer")" "$output"
	same '6|6' "$(sql 'select (select count(*) from staging.test_multiple_state_messages_a),
	    (select count(*) from staging.test_multiple_state_messages_b)')"
}

@test "no_primary_keys: records are appended, each time again" {
	conforms no_primary_keys
	conforms no_primary_keys
	conforms no_primary_keys_append
	same 11 "$(sql 'select count(*) from staging.test_no_pk')"
}

@test "optional_attributes, record_missing_fields: what is missing is null" {
	conforms optional_attributes
	same 2 "$(sql 'select count(*) from staging.test_optional_attributes where optional is null')"
	conforms record_missing_fields
	same 1 "$(sql 'select count(*) from staging.record_missing_fields where optional is null')"
}

@test "pk_updates: the key changes with its SCHEMA" {
	conforms pk_updates
	same $'1|Alice\n2|Bob' "$(sql 'select id, name from staging.example_stream order by id')"
	same email "$(sql "select string_agg(attname, ',') from pg_index, pg_attribute
	    where indrelid = 'staging.example_stream'::regclass and indisprimary
	    and attrelid = indrelid and attnum = any (indkey)")"
}

@test "record_before_schema: the record is rejected by its line, the next is loaded" {
	conforms record_before_schema 65
	[[ $stderr == *"line 1: test_record_before_schema: no SCHEMA came before it: rejected"* ]]
	same '2|3728' "$(sql 'select * from staging.test_record_before_schema')"
}

@test "record_missing_key_property: rejected by its line" {
	conforms record_missing_key_property 65
	[[ $stderr == *"line 2: test_record_missing_key_property: 'id' is missing: rejected"* ]]
}

@test "record_missing_required_property: rejected, or taken with null when asked to" {
	conforms record_missing_required_property 65
	[[ $stderr == *"line 2: test_record_missing_required_property: 'id' is missing: rejected"* ]]
	run -0 vupsert --schema staging --allow-missing \
	    <"$SHARED/conformance/singer/record_missing_required_property.singer"
	same '|3215' "$(sql 'select * from staging.test_record_missing_required_property')"
}

@test "schema_no_properties: an object without properties is jsonb" {
	conforms schema_no_properties
	same 2 "$(sql "select count(object_store->'metric') from staging.test_object_schema_no_properties")"
}

@test "schema_updates: columns are added, earlier rows have nulls there" {
	conforms schema_updates
	same $'1|101||\n6|106|true|341' "$(sql 'select id, a1, a3::text, a6
	    from staging.test_schema_updates where id in (1, 6) order by id')"
}

@test "special_chars_in_attributes: any name is a name" {
	conforms special_chars_in_attributes
	same 10.13.1 "$(sql "select d->>'agent:os:version' from staging.\"test:SpecialChars!in?attributes\"")"
}

@test "user_location_data, then user_location_upsert_data: rows are updated and added" {
	conforms user_location_data
	conforms user_location_upsert_data
	same $'1|Johny\n3|Jacob\n13|Mary' "$(sql 'select * from staging.test_users where id in (1, 3, 13) order by id')"
	[[ $stderr == *"test_users: 6 records = 3 inserted + 3 updated + 0 unchanged"* ]]
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
	upsert -q --batch-age 100ms --rejects "$tmp/rejects" <"$tmp/in" >"$tmp/out" 3>&- &
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
	[[ $stderr == *"line 2: s: 'id' does not fit 64 bits: rejected"* ]]
	same $'1\n2' "$(sql 'select id from staging.s order by id')"
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
2|1.10|x|{"y": 1}|then
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
	[[ $stderr == *"3000 records = 0 inserted + 0 updated + 0 unchanged + 0 older + 3000 duplicate + 0 rejected"* ]]
	(($(sql "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '$before')") < 2000))
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
	[[ $stderr == *"line 2: s: the scope ends after 2 of 3 records: rejected"* ]]
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
	[[ $stderr == *"line 4: s: 'id' is missing: rejected"* && $stderr == *"line 5: s: is no object: rejected"* ]]
	same $'1|a|3||{"k": [1]}\n1|b||4|\n2|a|1.5|x|' "$(sql 'select id, site, n, t, o from staging.s order by 1, 2')"
}

@test "bare objects without a key are appended" {
	run -0 upsert -q --stream s < <(printf '%s\n' '{"a":1}' '{"a":1}')
	run -0 upsert -q --stream s < <(printf '%s\n' '{"a":"x","b":true}')
	same $'1|\n1|\nx|t' "$(sql 'select a, b from staging.s order by 1')"
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
	vupsert -q --schema staging --batch-rows 500 <"$tmp/in" >"$tmp/out" 3>&- &
	pid=$!
	exec 5>"$tmp/in"
	head -n 1800 "$look0" >&5
	until_true 60 some_table
	until_true 60 some_rows
	kill -9 $pid
	exec 5>&-
	status=0
	wait $pid || status=$?
	same 137 $status
	(($(sql 'select count(*) from staging.vinted_item') % 500 == 0))
	same 0 "$(sql 'select count(*) from staging.vinted_item full join staging.vinted_item_seen
	    using (site, item_id, variant) where url is null or run is null')"
	[ ! -s "$tmp/out" ]
	upsert -q <"$look0"
	same "$want" "$(digest)"
}

some_table() {
	(($(sql "select count(*) from pg_class where relname = 'vinted_item'") > 0))
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
	{ plain; for i in {1..900}; do record "\"id\":$i"; done; } >&5
	until_true 60 appended
	pg_down
	for i in {901..2000}; do record "\"id\":$i"; done >&5 &
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
	upsert -q <"$tmp/in" >"$tmp/out" 3>&- &
	pid=$!
	exec 5>"$tmp/in"
	{ schema "$id_v" '["id"]'; record '"id":1'; record '"id":2'; printf '{"type":"STATE","value":1}\n'; } >&5
	sleep 0.3
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
	[[ $stderr == *"line 5: longer than 300 bytes: rejected"* ]]
	[[ $stderr == *"3 of 5 records rejected, more than the threshold of 0.05 allows"* ]]
}

@test "types are read without regard to case, and unknown messages pass" {
	run -0 --separate-stderr upsert < <(schema "$id_v" '["id"]' | sed 's/SCHEMA/schema/'
	    record '"id":1' | sed 's/RECORD/Record/'; echo '{"type":"BATCH","stream":"s"}'
	    echo '{"type":"ACTIVATE_VERSION","stream":"s","version":1}')
	same 1 "$(sql 'select count(*) from staging.s')"
	[[ $stderr == *"1 ACTIVATE_VERSION passed over: no row was deleted"* ]]
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
	fails 64 "--threshold does not take 'many'" vupsert --threshold many
	fails 64 "'file' is not asked for" vupsert file
}

@test "metrics count what the ledger says" {
	upsert -q --metrics "$tmp/metrics" < <(schema "$id_v" '["id"]'; record '"id":1'; record '"id":1')
	grep -q 'vpipe_vupsert_inserted_total{stream="s"} 1' "$tmp/metrics"
	grep -q 'vpipe_vupsert_duplicate_total{stream="s"} 1' "$tmp/metrics"
}
