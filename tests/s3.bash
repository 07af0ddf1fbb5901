# s3.bash - a real S3 server on loopback for tests: Ceph's RADOS Gateway
#
#	load s3			after helper
#
#	need_s3			in setup: skips, and says why, where there is no
#				server or no FUSE
#	s3_start		in setup_file; exports $S3_FOLDER, $S3_URL, and
#				$S3_PASSWD (the file with the key)
#	s3_stop			in teardown_file: unmounts, kills, removes
#	s3_bucket NAME		made
#	s3_mount NAME [DIR]	made if need be, and mounted on DIR ($tmp/NAME);
#				by scripts/s3, with limits that a test can wait for
#	s3_unmount DIR		however dead it is
#	s3_clean		in teardown: all is unmounted, the server answers
#	s3_away s3_back		the server dies (kill -9), and is there again; what
#				it stored stays
#	s3_hang s3_on		it hears and does not answer
#	s3_asks ARGUMENT...	curl, signed: s3_asks "$S3_URL/NAME/KEY"
#	s3 ARGUMENT...		scripts/s3 with that server's settings
#	s3_soon ARGUMENT...	the same, as it would be if it waited for three
#				seconds where it waits for twenty or thirty
#
# Objects are held in memory.  After each request that fails s3fs sleeps for two
# or four seconds, which no option shortens: here it sleeps for a hundredth of
# that, unless a test sets S3_PATIENCE=whole, or in make soak.
#
# Everything listens on 127.0.0.1 only, in a block of ports that its folder
# claims: /tmp/vs3.PORT, which is short, too, for the sockets in it.  Files that
# run side by side have a server each.

S3_KEY=TESTKEY:testsecret

need_s3() {
	s3_lacks=$(s3_why_not)
	[[ -z $s3_lacks ]] || skip "no S3 mount can be tried: $s3_lacks"
}

s3_why_not() {
	local name

	for name in s3fs ceph-mon ceph-osd ceph radosgw radosgw-admin \
	    monmaptool curl; do
		command -v "$name" >/dev/null ||
		    { printf '%s is not installed (scripts/deps)\n' "$name"; return; }
	done
	[[ -c /dev/fuse ]] || { printf 'there is no /dev/fuse\n'; return; }
	((EUID == 0)) || { printf 'only root mounts here\n'; return; }
	unshare -m mount -t tmpfs none /mnt 2>/dev/null ||
	    printf 'mounting is not permitted here\n'
}

# --- the server ---------------------------------------------------------------

s3_start() {
	local try

	[[ -z $(s3_why_not) ]] || return 0	# need_s3 says it
	for try in 1 2 3 4 5; do
		s3_claim
		! s3_cluster >"$S3_FOLDER/log/start" 2>&1 || break
		echo "try $try:"
		tail -n 5 "$S3_FOLDER/log/start"
		s3_stop
	done
	[[ -n ${S3_FOLDER:-} ]] || return 1
	s3_impatient || return
	printf '%s\n' "$S3_KEY" >"$S3_FOLDER/passwd"
	chmod 600 "$S3_FOLDER/passwd"
	export S3_FOLDER S3_PORT S3_PASSWD=$S3_FOLDER/passwd \
	    S3_URL=http://127.0.0.1:$S3_PORT
}

# $S3_FOLDER/sleep.so, for LD_PRELOAD: a sleep is a hundredth of itself
s3_impatient() {
	printf '%s\n' '#include <unistd.h>' 'unsigned sleep(unsigned s)' \
	    '{ usleep(s * 10000); return 0; }' |
	    ${CC:-cc} -D_DEFAULT_SOURCE -O1 -fPIC -shared -x c \
	    -o "$S3_FOLDER/sleep.so" -
}

# $S3_PORT: the first of 50 that nobody else has claimed or uses
s3_claim() {
	while :; do
		S3_PORT=$((10000 + (RANDOM % 440) * 50))
		S3_FOLDER=/tmp/vs3.$S3_PORT
		mkdir -m 700 "$S3_FOLDER" 2>/dev/null || continue
		[[ -n $(ss -Htan "sport >= $S3_PORT and sport <= $((S3_PORT + 49))") ]] || break
		rmdir "$S3_FOLDER"
	done
	mkdir "$S3_FOLDER"/{mon.a,osd.0,run,log}
}

# The settings that matter: paxos_* (2 s instead of 13), tcp_nodelay (43 ms less
# a request), ms_mon_client_mode (else radosgw never gets to its monitor),
# cluster_addr (else the OSD listens everywhere).
s3_conf() {
	cat <<-end
	[global]
	fsid = $1
	mon_host = $2
	public_addr = 127.0.0.1
	cluster_addr = 127.0.0.1
	auth_cluster_required = none
	auth_service_required = none
	auth_client_required = none
	run_dir = $S3_FOLDER/run
	admin_socket = $S3_FOLDER/run/\$name.asok
	pid_file = $S3_FOLDER/run/\$name.pid
	log_file = $S3_FOLDER/log/\$name.log
	mon_cluster_log_file = $S3_FOLDER/log/cluster.log
	mon_data = $S3_FOLDER/mon.a
	osd_data = $S3_FOLDER/osd.0
	ms_bind_port_min = $((S3_PORT + 10))
	ms_bind_port_max = $((S3_PORT + 49))
	osd_crush_chooseleaf_type = 0
	mon_allow_pool_size_one = true
	osd_pool_default_size = 1
	osd_pool_default_pg_num = 1
	osd_pool_default_pg_autoscale_mode = off
	paxos_propose_interval = 0.05
	paxos_min_wait = 0.01
	mon_data_avail_crit = 1
	[osd]
	osd_objectstore = memstore
	memstore_device_bytes = 4294967296
	[client.rgw]
	rgw_frontends = beast endpoint=127.0.0.1:$S3_PORT tcp_nodelay=1
	auth_client_required = none
	ms_mon_client_mode = crc
	end
}

s3_cluster() {
	local fsid osd conf=$S3_FOLDER/ceph.conf
	local mon="[v2:127.0.0.1:$((S3_PORT + 1)),v1:127.0.0.1:$((S3_PORT + 2))]"

	fsid=$(cat /proc/sys/kernel/random/uuid)
	osd=$(cat /proc/sys/kernel/random/uuid)
	s3_conf "$fsid" "$mon" >"$conf"
	monmaptool --create --fsid "$fsid" --addv a "$mon" "$S3_FOLDER/monmap" &&
	    s3_daemon ceph-mon --mkfs -i a --monmap "$S3_FOLDER/monmap" &&
	    s3_daemon ceph-mon -i a &&
	    timeout 30 ceph -c "$conf" osd new "$osd" 0 &&
	    s3_daemon ceph-osd -i 0 --mkfs --osd-uuid "$osd" &&
	    s3_daemon ceph-osd -i 0 && s3_back &&
	    timeout 30 radosgw-admin -c "$conf" user create --uid=t \
	    --display-name=t --access-key="${S3_KEY%:*}" \
	    --secret-key="${S3_KEY#*:}"
}

# bats waits for whoever holds its descriptors
s3_daemon() {
	timeout 60 "$1" -c "$S3_FOLDER/ceph.conf" "${@:2}" \
	    </dev/null 3>&- 4>&- 7>&- 8>&- 9>&-
}

s3_pid() {
	cat "$S3_FOLDER/run/$1.pid" 2>/dev/null
}

# s3_kill NAME...: what they stored is in memory, nothing is to be saved
s3_kill() {
	local name pid

	for name in "$@"; do
		pid=$(s3_pid "$name") || continue
		kill -9 "$pid" 2>/dev/null || :
		until_true 60 ended "$pid"
		rm -f "$S3_FOLDER/run/$name.pid"
	done
}

s3_answers() {
	curl -s -o /dev/null "http://127.0.0.1:$S3_PORT/"
}

s3_away() {
	s3_kill client.rgw
}

s3_back() {
	s3_daemon radosgw -n client.rgw >>"$S3_FOLDER/log/start" 2>&1 &&
	    until_true 60 s3_answers
}

s3_hang() {
	kill -STOP "$(s3_pid client.rgw)"
}

s3_on() {
	kill -CONT "$(s3_pid client.rgw)"
}

s3_stop() {
	local dir

	[[ -n ${S3_FOLDER:-} ]] || return 0
	[[ ! -e $S3_FOLDER/mounts ]] || while read -r dir; do
		s3_unmount "$dir"
	done <"$S3_FOLDER/mounts"
	s3_on 2>/dev/null || :
	s3_kill client.rgw osd.0 mon.a
	rm -rf -- "$S3_FOLDER"
	unset S3_FOLDER
}

# --- buckets ------------------------------------------------------------------

s3_asks() {
	curl -sS -f --aws-sigv4 aws:amz:us-east-1:s3 --user "$S3_KEY" \
	    -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@"
}

s3_bucket() {
	s3_asks -X PUT "$S3_URL/$1"
}

s3() {
	local sleep=$S3_FOLDER/sleep.so

	[[ ${S3_PATIENCE:-} != whole && -z ${SOAK:-} ]] || sleep=
	LD_PRELOAD=$sleep VPIPE_S3_URL=${VPIPE_S3_URL:-$S3_URL} \
	    VPIPE_S3_PASSWD=${VPIPE_S3_PASSWD:-$S3_PASSWD} \
	    VPIPE_S3_OPTIONS=${VPIPE_S3_OPTIONS-retries=1,connect_timeout=1,readwrite_timeout=3,stat_cache_expire=1} \
	    VPIPE_S3_FREE=${VPIPE_S3_FREE:-64} "${S3_SCRIPT:-$ROOT/scripts/s3}" "$@"
}

s3_soon() {
	local S3_SCRIPT=$S3_FOLDER/soon/scripts/s3

	if [[ -n ${SOAK:-} ]]; then
		S3_SCRIPT=
	elif [[ ! -e $S3_SCRIPT ]]; then
		mkdir -p "${S3_SCRIPT%/*}"
		ln -s "$ROOT"/{bin,schema} "$S3_FOLDER/soon"
		ln -s "$ROOT"/scripts/lib{,.sh} "${S3_SCRIPT%/*}"
		sed 's/^patience=30\>/patience=3/; s/--max-time 20/--max-time 3/' \
		    "$ROOT/scripts/s3" >"$S3_SCRIPT"
		chmod +x "$S3_SCRIPT"
		[[ $(diff "$ROOT/scripts/s3" "$S3_SCRIPT" | grep -c '^>') -eq 2 ]] ||
		    return 99
	fi
	s3 "$@"
}

s3_mount() {
	local dir=${2:-$tmp/$1}

	s3_bucket "$1"
	printf '%s\n' "$dir" >>"$S3_FOLDER/mounts"
	s3 mount "$1" "$dir" 3>&- 4>&-
}

# The folder becomes an ordinary one; an s3fs that does not end is ended.
s3_unmount() {
	local pid pids

	pids=$(pgrep -x s3fs -a | awk -v dir="$1" '$4 == dir { print $1 }')
	umount "$1" 2>/dev/null || umount -l "$1" 2>/dev/null || :
	chattr -i "$1" 2>/dev/null || :
	for pid in $pids; do
		until_true 2 ended "$pid" || kill -9 "$pid" 2>/dev/null || :
	done
}

s3_clean() {
	local dir

	[[ -n ${S3_FOLDER:-} ]] || return 0
	s3_on 2>/dev/null || :
	[[ ! -e $S3_FOLDER/mounts ]] || while read -r dir; do
		s3_unmount "$dir"
	done <"$S3_FOLDER/mounts"
	rm -f "$S3_FOLDER/mounts"
	s3_answers || s3_back
}
