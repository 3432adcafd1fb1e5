# An image with one binary, with TLS to PostgreSQL. SQLite's file is in the volume /data.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --features postgres-tls

FROM debian:bookworm-slim
RUN useradd --system --home-dir /data --create-home formprogress
COPY --from=build /src/target/release/formprogress /usr/local/bin/formprogress
USER formprogress
WORKDIR /data
VOLUME /data
ENV ROCKET_ADDRESS=0.0.0.0 ROCKET_PORT=8000
EXPOSE 8000
CMD ["formprogress"]
