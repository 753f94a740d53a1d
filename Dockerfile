FROM rust:1.95.0-bookworm AS build
# The toolchain of the image, without the components that rust-toolchain.toml asks for.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /build
COPY . .
RUN cargo build --release --locked --no-default-features --package api

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/rathaus --create-home rathaus \
    && install --directory --owner rathaus /srv/rathaus/data
COPY --from=build /build/target/release/rathaus /usr/local/bin/rathaus
USER 10001
WORKDIR /srv/rathaus
VOLUME /srv/rathaus/data
ENV RATHAUS__HTTP__LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["rathaus"]
CMD ["serve"]
