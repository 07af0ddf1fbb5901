# photos.bash - for the tests of vimg: photos, servers of pictures, what must hold
#
#	photos N [QUERY]	the market's first N photos, as requests
#	ask NAME...		requests for files of `serve`
#	serve			a server on loopback that sends the file of $tmp/www
#				that the path names, head and all; $SERVER_PID
#	reply NAME STATUS [HEADER]... <BODY	such a file
#	fault QUERY		one of the market's faults for pictures
#	records FILE JQ		of the records of pictures
#	outcomes FILE		how many of each outcome and reason
#	store_holds FILE	each object and copy that a record names is there,
#				and is what the record says; the last line may be cut
#	store_lists		each file of the store, by its hash: two that are the
#				same hold the same
#	pictures_asked		how often the market was asked for a picture
#	photos_stop		in teardown
#
# $store is the image store.  $drawings keeps what the market drew for the next
# time: 20,000 pictures take it three minutes of two cores.

hosts=(images1.vinted.net)
drawings=${O:-$ROOT/build}/drawings

photos() {
	curl -sS -f "$MARKET/_market/photos?limit=$1${2:+&$2}"
}

ask() {
	local name

	for name; do
		printf '{"source":"vinted","site":"www.vinted.pt","item_id":7,"photo_key":"k-%s","url":"https://%s/%s"}\n' \
		    "$name" "${hosts[0]}" "$name"
	done
}

fault() {
	curl -sS -f -X POST "$MARKET/_market/faults?path=image&$1" >/dev/null
}

pictures_asked() {
	market_requests | grep -c '"path":"/tc\?/' || :
}

sanitized() {
	grep -q __asan_init "$BIN/vimg"
}

# --- what must hold -----------------------------------------------------------

records() {
	whole "$1" |
	    jq -r "select(.stream == \"image\" and .type == \"RECORD\").record | $2"
}

# Without a last line that was cut.
whole() {
	if [[ -z $(tail -c 1 "$1") ]]; then cat "$1"; else sed '$d' "$1"; fi
}

outcomes() {
	records "$1" '[.outcome, .reason // empty] | join(" ")' | sort |
	    uniq -c | sed 's/^ *//'
}

store_holds() {
	local sum path

	records "$1" 'select(.path != null) | ., .thumbs[]?
	    | "\(.sha256)  \(.path)", "\(.bytes) \(.path)"' >"$tmp/claims"
	grep '  ' "$tmp/claims" >"$tmp/sums" || return 0
	(cd "$store" && sha256sum --quiet --strict -c) <"$tmp/sums" || return 1
	grep -v '  ' "$tmp/claims" | sort -u >"$tmp/want.bytes"
	cut -d ' ' -f 2 "$tmp/want.bytes" |
	    (cd "$store" && xargs stat -c '%s %n') | diff "$tmp/want.bytes" -
	records "$1" 'select(.path != null) | [.sha256, .path] | @tsv' |
	    while read -r sum path; do
		[[ $path == sha256/${sum:0:2}/${sum:2:2}/$sum.* ]] ||
		    { echo "$path: not the place of $sum"; return 1; }
	done
}

store_lists() {
	(cd "$store" && find . -type f -print0 | sort -z | xargs -0r sha256sum)
}

# --- a server of any bytes ------------------------------------------------------

# What begins with PAUSE is silent for 30 s; requests go to $tmp/asked.
serve() {
	mkdir -p "$tmp/www"
	perl -MIO::Socket::INET -e '
	    my ($ready, $www, $log) = @ARGV;
	    $SIG{PIPE} = "IGNORE"; $SIG{CHLD} = "IGNORE";
	    my $s = IO::Socket::INET->new(Listen => 50,
		LocalAddr => "127.0.0.1");
	    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
	    rename "$ready.new", $ready;
	    while (my $c = $s->accept) {
		next if fork;
		my $got = "";
		while ($got !~ /\r\n\r\n/) {
		    sysread $c, $got, 65536, length $got or exit
		}
		open my $l, ">>", $log; syswrite $l, $got; close $l;
		my ($name) = $got =~ m{^GET /([^? ]*)}; $name =~ s{/}{_}g;
		$name = "404" unless -e "$www/$name";
		open my $f, "<:raw", "$www/$name" or exit;
		local $/; my $b = <$f>;
		if ($b =~ s/^PAUSE//) { select undef, undef, undef, 30 }
		while ($b =~ s/^(.*?)DRIP//s) {
		    syswrite $c, $1; select undef, undef, undef, 0.4
		}
		for (my $at = 0; $at < length $b; ) {
		    $at += syswrite($c, $b, 65536, $at) || exit
		}
		exit;
	    }' "$tmp/port" "$tmp/www" "$tmp/asked" 3>&- 4>&- &
	SERVER_PID=$!
	until_true 60 test -s "$tmp/port"
	export VPIPE_BASE_URL VPIPE_ROBOTS=permitted
	VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port")
	reply 404 '404 Not Found' </dev/null
}

reply() {
	local name=$1

	cat >"$tmp/body"
	{
		printf 'HTTP/1.1 %s\r\n' "$2"
		printf '%s\r\n' "${@:3}" \
		    "Content-Length: $(stat -c %s "$tmp/body")" \
		    'Connection: close' ''
		cat "$tmp/body"
	} >"$tmp/www/$name"
}

photos_stop() {
	[[ -z ${SERVER_PID:-} ]] || kill "$SERVER_PID" 2>/dev/null || :
	unset SERVER_PID
	market_stop
}
