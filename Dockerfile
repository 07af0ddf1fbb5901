# vpipe: built in one stage, run in another, without root.
#
#	scripts/image				builds and tries it, with or without an engine
#	docker run -v vpipe:/var/lib/vpipe vpipe vpipe catalog URL...
#
# What the flows keep (raw, the private PostgreSQL, the key) is in /var/lib/vpipe.

FROM debian:bookworm-slim AS build
COPY scripts/deps /src/scripts/
COPY scripts/lib/words.sh /src/scripts/lib/
RUN /src/scripts/deps build
COPY . /src
WORKDIR /src
RUN make -j2 && make install DESTDIR=/out && \
    install -D -t /out/usr/local/lib/vpipe/bin bin/vmarket && \
    install -D -m 644 -t /out/usr/local/lib/vpipe/fixtures/market/scenarios \
        fixtures/market/scenarios/*.json

FROM debian:bookworm-slim
LABEL org.opencontainers.image.version=0.1.0
COPY scripts/deps /tmp/scripts/
COPY scripts/lib/words.sh /tmp/scripts/lib/
# Debian's postgresql would make a cluster of its own; deps sees to that
RUN apt-get -qq update && \
    apt-get -qq install -y --no-install-recommends libbrotli1 libcurl4 libjq1 libmicrohttpd12 \
        libjpeg62-turbo libpng16-16 libpq5 libsimdjson14 libssl3 libwebp7 libxml2 libzstd1 >/dev/null && \
    /tmp/scripts/deps run && \
    rm -rf /tmp/scripts /var/lib/apt/lists/* && \
    useradd --system --uid 990 --user-group --home-dir /var/lib/vpipe --create-home vpipe
COPY --from=build /out /
USER vpipe
ENV VPIPE_DATA=/var/lib/vpipe LC_ALL=C.UTF-8
VOLUME /var/lib/vpipe
WORKDIR /usr/local/lib/vpipe
CMD ["vpipe"]
