# The same for the Supervisor, Docker, Podman and Kubernetes. build.yaml repeats this value.
ARG BUILD_FROM=docker.io/library/node:24-bookworm-slim

FROM ${BUILD_FROM} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY script script
COPY src src
RUN node script/bundle.ts --into /app
COPY addon /app
RUN chmod 755 /app/start.mjs && node /app/warm.mjs /app && rm /app/warm.mjs

FROM ${BUILD_FROM}
# For servers with `interface: ipmitool`. The rest of what Debian would bring along is not used.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ipmitool \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* /usr/share/doc/* /usr/share/man/* \
 && ln -s /app/start.mjs /usr/local/bin/rack-power \
 && install -d -o node -g node /data /config
COPY --from=build /app /app
WORKDIR /config
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/cache
# Both are given by whoever builds: the Supervisor, or the release.
ARG BUILD_VERSION=0
ARG BUILD_ARCH=amd64
LABEL io.hass.type=app \
      io.hass.arch=${BUILD_ARCH} \
      io.hass.version=${BUILD_VERSION} \
      io.hass.name="Rack Power" \
      io.hass.description="UPSs, PDU outlets and servers with a BMC as entities, verified at the device" \
      io.hass.url=https://github.com/rack-power/rack-power \
      org.opencontainers.image.title="Rack Power" \
      org.opencontainers.image.description="UPSs, PDU outlets and servers with a BMC as entities, verified at the device" \
      org.opencontainers.image.source=https://github.com/rack-power/rack-power \
      org.opencontainers.image.licenses=MIT \
      org.opencontainers.image.version=${BUILD_VERSION}
EXPOSE 8099
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --start-interval=2s --retries=3 \
  CMD ["rack-power", "health"]
ENTRYPOINT ["rack-power"]
CMD ["run", "--config", "/config/rack-power.yaml"]
