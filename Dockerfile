# Build with everything, run with what running needs. glibc: the embedded PostgreSQL and others have no musl builds.
FROM node:24-bookworm-slim AS build
WORKDIR /app
ENV TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1
COPY . .
RUN npm install --no-save --no-audit --no-fund && npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build --chown=node:node /app /app
USER node
EXPOSE 4400
STOPSIGNAL SIGTERM
CMD ["node", "scripts/serve.mjs"]
