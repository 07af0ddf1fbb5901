# vpipe.  make help says what can be made.
CC = gcc
CXX = g++
BIN = bin
O = build
PREFIX = /usr/local
DESTDIR =
CFLAGS = -O2 -g
CXXFLAGS = -O2 -g
LDFLAGS =
# make WERROR=-Werror for developers; users' compilers may know more warnings
WERROR =
SAN =

WARN = -Wall -Wextra -Wshadow -Wvla -Wwrite-strings -Wpointer-arith \
	-Wformat=2 -Wundef $(WERROR)
CWARN = -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition
PKGS = libpq libcurl libbrotlidec zlib libzstd libcrypto libxml-2.0 libjpeg libpng libwebp
CPPFLAGS = -D_GNU_SOURCE -Isrc/lib $(shell pkg-config --cflags $(PKGS))
BASELIBS = -lsimdjson
LIBS_vfetch = -lcurl -lbrotlidec -lzstd -lz -lcrypto -lm
LIBS_vput = -lzstd -lcrypto
LIBS_vplace = -lcrypto
LIBS_vraw = -lzstd -lcrypto
LIBS_vwrap = -lcrypto
LIBS_vnormalize = -ljq -lxml2 -lcrypto
LIBS_vredact = $(LIBS_vnormalize)
LIBS_vupsert = -lpq -lcrypto -lz
LIBS_vsurv = -lm
LIBS_vevents = -lm
LIBS_vimg = -lcurl -lbrotlidec -lzstd -lz -lcrypto -ljpeg -lpng -lwebp -lpthread -lm
LIBS_unit = -ljq -lpq -lcurl -lbrotlidec -lzstd -lcrypto -ljpeg -lpng -lwebp -lz -lpthread -lm

PROGRAMS = $(notdir $(patsubst %/main.c,%,$(wildcard src/*/main.c)))
LIBOBJ = $(patsubst src/%,$(O)/%.o,$(wildcard src/lib/*.c src/lib/*.cc))
# vimg without its main: unit tests try the modules that only it has
VIMGOBJ = $(patsubst src/%,$(O)/%.o,$(filter-out %/main.c,$(wildcard src/vimg/*.c)))
# what vredact shares with vnormalize: how a line and its contracts are read
NORMALIZEOBJ = $(patsubst src/%,$(O)/%.o,$(filter-out %/main.c,$(wildcard src/vnormalize/*.c)))
OBJ_vredact = $(O)/libvnormalize.a
MARKETFOLDERS = $(sort $(patsubst %/,-I%,$(dir $(wildcard fixtures/market/*/*.h))))
MARKETOBJ = $(patsubst fixtures/%,$(O)/%.o,$(wildcard fixtures/market/*/*.c))
UNITS = $(notdir $(basename $(wildcard tests/unit/*.c)))
MAN = $(wildcard src/*/*.1)

all: $(PROGRAMS:%=$(BIN)/%) $(BIN)/vmarket $(BIN)/vpipe

help:
	@echo 'all check check-long check-all soak torture bench fuzz asan lint format format-check install uninstall image clean'

# -- programs ---------------------------------------------------------------

$(O)/%.c.o: src/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CPPFLAGS) $(CFLAGS) $(SAN) $(WARN) $(CWARN) -MMD -MP \
	    -c -o $@ $<

$(O)/%.cc.o: src/%.cc
	@mkdir -p $(@D)
	$(CXX) -std=c++17 $(CPPFLAGS) $(CXXFLAGS) $(SAN) $(WARN) -MMD -MP \
	    -c -o $@ $<

$(O)/market/%.c.o: fixtures/market/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CPPFLAGS) $(MARKETFOLDERS) $(CFLAGS) $(SAN) $(WARN) $(CWARN) -MMD -MP \
	    -c -o $@ $<

$(O)/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CPPFLAGS) -Isrc -Isrc/vimg $(CFLAGS) $(SAN) $(WARN) -MMD -MP \
	    -c -o $@ $<

$(O)/libv.a: $(LIBOBJ)
	@rm -f $@
	$(AR) rcs $@ $^

define PROGRAM
$(BIN)/$(1): $(patsubst src/%,$(O)/%.o,$(wildcard src/$(1)/*.c)) $(OBJ_$(1)) $(O)/libv.a
	@mkdir -p $$(@D)
	$(CXX) $(LDFLAGS) $(SAN) -o $$@ $$^ -Wl,--as-needed $(LIBS_$(1)) \
	    $(BASELIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call PROGRAM,$(p))))

# the simulated marketplace; not installed
$(BIN)/vmarket: $(MARKETOBJ) $(O)/libv.a
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS) $(SAN) -o $@ $^ -Wl,--as-needed -lmicrohttpd \
	    -ljpeg -lpng -lwebp -lz -lcrypto -lm $(BASELIBS)

$(O)/libvimg.a: $(VIMGOBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(O)/libvnormalize.a: $(NORMALIZEOBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(UNITS:%=$(O)/unit/%): $(O)/unit/%: $(O)/unit/%.o $(O)/libvimg.a $(O)/libv.a
	$(CXX) $(LDFLAGS) $(SAN) -o $@ $^ -Wl,--as-needed $(LIBS_unit) \
	    $(BASELIBS)

# the front command, beside the programs
$(BIN)/vpipe: scripts/vpipe
	@mkdir -p $(@D)
	@ln -sfr $< $@

# reads, writes and closes that fail on demand; see tests/fail
$(O)/fail.so: $(wildcard tests/fail/*.c)
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O2 $(WARN) -fPIC -shared -o $@ $^ -ldl

test-parts: all $(UNITS:%=$(O)/unit/%) $(O)/fail.so

# -- tests ------------------------------------------------------------------

# files side by side: two a core, since many tests wait for servers and clocks; with
# three each takes longer than it saves
JOBS = $(shell expr 2 '*' $$(nproc))

# BIN and O reach the tests, so that the same suite runs on sanitized programs
BATS = BIN="$(abspath $(BIN))" O="$(abspath $(O))" bats --jobs $(JOBS) --timing \
	--no-parallelize-within-files --report-formatter tap

# report, and its TAP where scripts/test counts
define RUN_BATS
@mkdir -p $(O)/$(1)
@rm -f $(O)/$(1).tap
@status=0; $(BATS) -o $(O)/$(1) $(2) || status=$$?; \
	cp $(O)/$(1)/report.tap $(O)/$(1).tap; exit $$status
endef

# check is the quick half; tests that are tagged long (replays, whole flows, what
# takes size or an S3 server) are the other.  What is tagged soak is for make soak
# alone: it tries more of what another test tries.  The longest begin first.
FIRST = tests/track_prices.bats tests/images.bats tests/dataset.bats \
	tests/label.bats tests/pipeline.bats tests/audit.bats
FIRST_LONG = $(wildcard tests/long/track_market.bats tests/long/trends.bats \
	tests/long/quickstart.bats tests/long/s3.bats tests/long/forget.bats \
	tests/long/track.bats tests/long/images.bats \
	tests/long/vimg*.bats tests/long/track_flow.bats)
LONG = $(FIRST_LONG) $(filter-out $(FIRST_LONG),$(wildcard tests/long/*.bats)) \
	$(shell grep -l '^# bats test_tags=.*long' tests/*.bats)

check: test-parts
	$(call RUN_BATS,check,--filter-tags '!long' \
	    $(FIRST) $(filter-out $(FIRST),$(shell ls -S tests/*.bats)))

check-long: test-parts
	$(call RUN_BATS,check-long,--filter-tags 'long$(comma)!soak' $(LONG))

# both in one run: a file's server starts once, and no core waits in between
check-all: test-parts
	$(call RUN_BATS,check-all,--filter-tags '!soak' $(FIRST_LONG) $(FIRST) \
	    $(filter-out $(FIRST_LONG) $(FIRST),$(wildcard tests/long/*.bats) \
	    $(shell ls -S tests/*.bats)))

SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
SANITIZED = LSAN_OPTIONS=suppressions=$(abspath tests/lsan.supp):print_suppressions=0 \
	$(MAKE) O=build/asan BIN=bin/asan CFLAGS='-O1 -g1' CXXFLAGS='-O1 -g1' \
	SAN='$(SANITIZE)'
asan:
	+$(SANITIZED) check check-long

# what reads foreign bytes, under sanitizers: the part of asan that CI runs
asan-parsers:
	+$(SANITIZED) check-parsers

# Built is only what these tests run.  Left out are tests of memory and length
# (the sanitizers have a memory of their own) and those that load PostgreSQL,
# whose bytes other tests of the same file read, too.
PARSERS = unit json vnormalize vnormalize_pages vnormalize_rejects vredact vput vraw \
	vwrap wrap vsnapshot vevents vsurv
PARSING = vnormalize vredact vput vraw vwrap vsnapshot vevents vsurv
PARSED = clock decimal decode http_multi image json line phash scan scan_check store \
	utf8 vevents_fuzz vevents_judge moment
check-parsers: $(PARSING:%=$(BIN)/%) $(PARSED:%=$(O)/unit/%) $(O)/fail.so
	$(call RUN_BATS,check-parsers,--filter-tags '!size$(comma)!postgres' \
	    $(PARSERS:%=tests/%.bats))
comma = ,

# pictures of each page of a report, at a desk and, dark, on a phone:
# make shots REPORT=FOLDER
shots:
	@tests/modules tests/browser $(O)/browser
	@mkdir -p $(O)/shots
	@node $(O)/browser/report.mjs "$(abspath $(REPORT))" $(abspath $(O))/shots shots \
	    >$(O)/shots/seen.json
	@ls $(O)/shots/*.png

# what check-long tries in small, in its full size; some hours.  The figures
# stand in tests/soak.txt afterwards, with date and commit
soak: test-parts
	BIN="$(abspath $(BIN))" O="$(abspath $(O))" tests/soak

# each call of a short run of each program fails in turn
torture: test-parts
	BIN="$(abspath $(BIN))" O="$(abspath $(O))" tests/torture

# clang's fuzzer on each parser of foreign bytes, a minute each: tests/fuzz/run
fuzz:
	O="$(abspath $(O))" tests/fuzz/run

bench: all
	BIN="$(abspath $(BIN))" O="$(abspath $(O))" tests/bench/run

lint: all
	BIN="$(BIN)" tests/lint

# as Debian 12's clang-format 14 has it; another version breaks lines elsewhere
FORMATTED = $$(git ls-files 'src/*.[ch]' 'src/*.cc' 'fixtures/market/*.[ch]' \
	'tests/*.[ch]')
format:
	clang-format -i $(FORMATTED)

format-check:
	clang-format --dry-run --Werror $(FORMATTED)

# -- installation: one folder, and links to its programs ---------------------

VERSION = $(shell sed -n 's/^.define VPIPE_VERSION "\(.*\)"/\1/p' src/lib/msg.h)
LIBDIR = $(DESTDIR)$(PREFIX)/lib/vpipe
SHARE = $(DESTDIR)$(PREFIX)/share
INSTALLED = $(PROGRAMS) vpipe
# what works in the tree only stays there
SCRIPTS = $(filter-out %.1 %/lib %.sh %/quickstart %/demo %/test %/image, \
	$(wildcard scripts/*))
PAGES = $(SHARE)/man/man1/vpipe*.1 $(PROGRAMS:%=$(SHARE)/man/man1/%.1) \
	$(SHARE)/man/man5/vpipe.conf.5 $(SHARE)/man/man7/vpipe-*.7
COMPLETIONS = $(SHARE)/bash-completion/completions/vpipe \
	$(SHARE)/zsh/site-functions/_vpipe \
	$(SHARE)/fish/vendor_completions.d/vpipe.fish

install: all
	@install -d $(LIBDIR)/bin $(LIBDIR)/scripts $(DESTDIR)$(PREFIX)/bin \
	    $(SHARE)/man/man1 $(SHARE)/man/man5 $(SHARE)/man/man7 \
	    $(dir $(COMPLETIONS))
	@install -m 755 $(PROGRAMS:%=$(BIN)/%) $(LIBDIR)/bin
	@install -m 755 $(SCRIPTS) $(LIBDIR)/scripts
	@install -m 644 scripts/lib.sh $(LIBDIR)/scripts
	@install -d $(LIBDIR)/scripts/lib
	@install -m 644 $(filter-out %/demo.sh,$(wildcard scripts/lib/*.sh)) \
	    $(LIBDIR)/scripts/lib
	@rm -rf $(LIBDIR)/schema && cp -R schema $(LIBDIR)/schema
	@rm -rf $(LIBDIR)/schema/man
	@chmod -R u=rwX,go=rX $(LIBDIR)/schema
	@install -m 644 vpipe.conf.example $(LIBDIR)
	@for p in $(PROGRAMS); do \
	    ln -sf ../lib/vpipe/bin/$$p $(DESTDIR)$(PREFIX)/bin/$$p; done
	@ln -sf ../lib/vpipe/scripts/vpipe $(DESTDIR)$(PREFIX)/bin/vpipe
	@install -m 644 $(MAN) scripts/vpipe.1 $(SHARE)/man/man1
	@for p in $(filter-out %/vpipe.1,$(wildcard scripts/*.1)); do install \
	    -m 644 $$p $(SHARE)/man/man1/vpipe-$${p##*/}; done
	@install -m 644 schema/man/*.5 $(SHARE)/man/man5
	@for p in schema/man/*.7; do install \
	    -m 644 $$p $(SHARE)/man/man7/vpipe-$${p##*/}; done
	@sed -i 's/^\.Os$$/.Os vpipe $(VERSION)/' $(PAGES)
	@for shell in bash zsh fish; do \
	    $(BIN)/vpipe completion $$shell >$(O)/completion.$$shell || exit; done
	@install -m 644 $(O)/completion.bash $(word 1,$(COMPLETIONS))
	@install -m 644 $(O)/completion.zsh $(word 2,$(COMPLETIONS))
	@install -m 644 $(O)/completion.fish $(word 3,$(COMPLETIONS))
	@echo 'installed $(INSTALLED) in $(DESTDIR)$(PREFIX)/bin,'
	@echo 'their parts in $(LIBDIR), pages and completions in $(SHARE)'

uninstall:
	@rm -rf $(LIBDIR)
	@rm -f $(INSTALLED:%=$(DESTDIR)$(PREFIX)/bin/%) $(PAGES) $(COMPLETIONS)
	@echo 'removed vpipe from $(DESTDIR)$(PREFIX); data folders are left alone'

image:
	scripts/image

clean:
	rm -rf build bin/asan $(PROGRAMS:%=bin/%) bin/vmarket bin/vpipe

-include $(shell find $(O) -name '*.d' 2>/dev/null)
.PHONY: all help shots test-parts check check-long check-all check-parsers asan asan-parsers \
	soak torture bench fuzz lint format format-check \
	install uninstall image clean
