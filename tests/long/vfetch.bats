# vfetch(1): walks that a site never ends
# bats file_tags=long
load ../helper

# A wardrobe whose every page is new, and whose total says that more follows.
endless() {
	perl -MIO::Socket::INET -e '
	    my ($ready) = @ARGV; $SIG{PIPE} = "IGNORE";
	    my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1");
	    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
	    rename "$ready.new", $ready;
	    while (my $c = $s->accept) {
	        my ($got, $body) = ("", "<html></html>");
	        sysread $c, $got, 65536, length $got until $got =~ /\r\n\r\n/;
	        $body = qq({"items":[{"id":$1}],"pagination":{"total_pages":999999999,"total_entries":999999999}}) if $got =~ /[?&]page=(\d+)/;
	        print {$c} "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: access_token_web=abc\r\nSet-Cookie: anon_id=x\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body"; close $c;
	    }' "$tmp/port" 3>&- 4>&- &
	SERVER_PID=$!
	until_true 60 test -s "$tmp/port"
	export VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port") VPIPE_ROBOTS=permitted
}

teardown() {
	kill "$SERVER_PID"
}

@test "a wardrobe without an end is left after 5,000 pages, and was not walked" {
	endless
	export VPIPE_SCHEMA=$ROOT/schema
	vfetch requests <<<'{"site":"www.vinted.pt","kind":"wardrobe","params":{"user":"70"}}' >"$tmp/out" 2>/dev/null
	same "$(jq -c 'select(.kind == "run").body.queries[0] | [.asked, .stop, .walked]' "$tmp/out")" '[5000,"max-pages",false]'
}
