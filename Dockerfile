# Fenrir's service, for PostgreSQL. It brings the database up to date when it starts, and serves only then.
#
#   docker build -t fenrir .
#   docker compose up --build        # with a database; see docker-compose.yml

FROM rust:1-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpq-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /fenrir
COPY . .
# Without a migration for all that the models say, there is no image.
ENV FENRIR_PENDING=deny
RUN cargo build --release --locked --package fenrir-app --no-default-features --features postgres

# The same Debian as above, for the same libpq.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpq5 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin fenrir
COPY --from=build /fenrir/target/release/fenrir-app /usr/local/bin/fenrir-app
USER 10001:10001
# Inside a container, only what listens everywhere can be reached.
ENV BIND=0.0.0.0 PORT=8080
EXPOSE 8080
# Long migrations come before the first answer.
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 CMD ["fenrir-app", "health"]
ENTRYPOINT ["fenrir-app"]
CMD ["serve"]
