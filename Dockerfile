# syntax=docker/dockerfile:1

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends pkg-config libssl-dev libsqlite3-dev libyaml-dev zlib1g-dev libdeflate-dev libprotobuf-c-dev libnghttp2-dev libxxhash-dev libpcre2-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
# What is left out hashes the folder of the build: without it the same sources give the same bytes.
RUN swift build -c release --static-swift-stdlib --product tollgate \
    && mkdir /out \
    && strip -R .swift_modhash -R .note.gnu.build-id -o /out/tollgate \
        "$(swift build -c release --static-swift-stdlib --show-bin-path)/tollgate"

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata libstdc++6 libssl3 libsqlite3-0 libyaml-0-2 zlib1g libdeflate0 libprotobuf-c1 libnghttp2-14 libxxhash0 libpcre2-8-0 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 tollgate \
    && useradd --system --uid 10001 --gid tollgate --home-dir /var/lib/tollgate --create-home tollgate
COPY --from=build /out/tollgate /usr/local/bin/tollgate
# By number, so that a cluster can see that it is not root. It writes nowhere but in its volume: run it with --read-only.
USER 10001:10001
# A crash is told in one line, without what registers and memory held.
ENV SWIFT_BACKTRACE=enable=no
WORKDIR /var/lib/tollgate
# The ledger and the keys. The configuration is mounted at /etc/tollgate/tollgate.yaml with `data: /var/lib/tollgate`.
VOLUME /var/lib/tollgate
EXPOSE 4100
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["tollgate", "healthcheck", "--config", "/etc/tollgate/tollgate.yaml"]
ENTRYPOINT ["tollgate"]
CMD ["serve", "--config", "/etc/tollgate/tollgate.yaml"]
