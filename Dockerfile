# syntax=docker/dockerfile:1

# ---- build: everything, with the tools ----------------------------------------------------------------
FROM node:24-bookworm-slim AS build
WORKDIR /app

# The packages first: as long as no dependency changes, this layer comes out of the cache.
COPY package.json package-lock.json .npmrc ./
COPY library/package.json library/
COPY service/package.json service/
RUN --mount=type=cache,target=/root/.npm npm ci

COPY tsconfig.base.json tsconfig.json ./
COPY library/tsconfig.json library/
COPY library/src library/src
COPY service/tsconfig.json service/
COPY service/src service/src
RUN npx tsc -b \
  && npm prune --omit=dev \
  # What only tests load, and what only compilers read; source maps stay, for stack traces that name the sources.
  && rm -r library/dist/testing \
  && find library/dist service/dist \( -name '*.d.ts' -o -name '*.d.ts.map' -o -name '.tsbuildinfo' \) -delete

# ---- image: what runs, and nothing else ---------------------------------------------------------------
FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="sojourn-service" \
      org.opencontainers.image.licenses="MIT"

# Production rules hold: no secret has a default, and https is asked for.
ENV NODE_ENV=production \
    PORT=3000 \
    DATA_DIR=/data

# The only place that is written to, so that the root may be read-only.
RUN install --directory --owner=node --group=node --mode=0700 /data

WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/library/package.json ./library/
COPY --from=build /app/library/dist ./library/dist
COPY --from=build /app/service/package.json ./service/
COPY --from=build /app/service/dist ./service/dist

USER node
VOLUME ["/data"]
EXPOSE 3000

# A service that ends TLS itself (HTTPS_CERT_FILE) needs a health check of its own: this one speaks http.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/live', { redirect: 'manual' }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# No shell and no npm in between: SIGTERM reaches the service, which drains and ends by itself.
CMD ["node", "--enable-source-maps", "service/dist/main.js"]
