# vput(1): killed and failing at every single call, and at odd moments
# bats file_tags=long
load ../helper
load ../fail/fail

# bats test_tags=soak
@test "whichever malloc fails: what stands is true" {
	! sanitized || skip "the sanitizer has a malloc of its own"
	whole_run 12 >"$tmp/in"
	every malloc ENOMEM 70 0
}

# bats test_tags=soak
@test "kill -9 before whichever call: no manifest or a true one, and again completes it" {
	whole_run 12 >"$tmp/in"
	every any kill 137
}

@test "kill -9 at odd moments: no manifest or a true one, and again completes it" {
	RANDOM=20261121
	whole_run 3000 >"$tmp/in"
	for ((i = 0; i < $(size 8 200); i++)); do
		rm -rf "$VPIPE_RAW"
		vput -q --part-size 64K <"$tmp/in" >/dev/null &
		sleep "0.0$(printf '%03d' $((RANDOM % 1000)))"
		kill -9 $! 2>/dev/null || :
		{ wait $!; } 2>/dev/null && status=0 || status=137
		mkdir -p "$VPIPE_RAW"
		vraw check -q
		preloaded vput -q --part-size 64K <"$tmp/in" >/dev/null
		vraw check -q
		unpacked | cmp - "$tmp/in"
	done
}

spooled() {
	(($(awk '/^rchar/ { print $2 }' "/proc/$pid/io") > $1))
}

memory() {
	awk '/^VmHWM/ { print $2 }' "/proc/$1/status"
}

@test "memory does not grow with the input" {
	mkfifo "$tmp/fifo"
	vput -q --part-size 1M <"$tmp/fifo" >/dev/null 3>&- &
	pid=$!
	exec 7>"$tmp/fifo"
	records 20000 >&7
	until_true 60 spooled 4000000
	few=$(memory $pid)
	records "$(size 150000 300000)" | tail -n +20001 >&7
	until_true 60 spooled "$(size 35000000 70000000)"
	many=$(memory $pid)
	exec 7>&-
	wait "$pid"
	echo "# $few KB, then $many KB"
	((many - few < 2048))
}
