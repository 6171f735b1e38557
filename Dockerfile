# syntax=docker/dockerfile:1

# ---- packages: all of them, tools included ------------------------------------------------------------
FROM node:24.18.0-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d AS packages
WORKDIR /app
# As long as no dependency changes, this layer comes out of the cache.
COPY package.json package-lock.json .npmrc ./
COPY library/package.json library/
COPY service/package.json service/
RUN --mount=type=cache,target=/root/.npm npm ci

# ---- build: the folder of the image -------------------------------------------------------------------
FROM packages AS build
COPY LICENSE tsconfig.base.json tsconfig.json ./
COPY tools/image.mjs tools/sbom.mjs tools/
COPY tools/workspace tools/workspace
COPY library/tsconfig.json library/
COPY library/src library/src
COPY service/tsconfig.json service/
COPY service/src service/src
# The service joined into a few files, the packages that have binaries, and the list of parts: see tools/workspace/image.mjs.
RUN node tools/image.mjs /image

# ---- grafana: with the dashboards in it (compose.yaml builds this target) -----------------------------
FROM packages AS dashboards
COPY deploy/grafana/source deploy/grafana/source
COPY deploy/grafana/build.mjs deploy/grafana/
RUN node deploy/grafana/build.mjs /dashboards

FROM grafana/grafana:12.1.0 AS grafana
COPY deploy/grafana/provisioning /etc/grafana/provisioning
COPY --from=dashboards /dashboards /etc/grafana/dashboards

# ---- image: what runs, and nothing else ---------------------------------------------------------------
FROM node:24.18.0-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d
LABEL org.opencontainers.image.title="sojourn-service" \
      org.opencontainers.image.description="Sessions, sign-in and tokens over HTTP" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="docker.io/library/node:24.18.0-bookworm-slim" \
      org.opencontainers.image.base.digest="sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d"

# Production rules hold: no secret has a default, and https is asked for.
ENV NODE_ENV=production \
    PORT=3000 \
    DATA_DIR=/data

# /data is the only place that is written to, so that the root may be read-only. `sojourn` is the command line.
RUN install --directory --owner=node --group=node --mode=0700 /data \
  && ln -s /app/cli.js /usr/local/bin/sojourn

WORKDIR /app
COPY --from=build /image ./

USER node
VOLUME ["/data"]
EXPOSE 3000

# A service that ends TLS itself (HTTPS_CERT_FILE) needs a health check of its own: this one speaks http.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/live', { redirect: 'manual' }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# No shell and no npm in between: SIGTERM reaches the service, which drains and ends by itself.
CMD ["node", "main.js"]
