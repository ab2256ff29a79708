# Tripool's service in a container: built in one stage, and only the executable and the libraries that it needs in the
# other. It runs as an unprivileged user and reads /etc/tripool/tripool.conf, which is to be mounted:
#   docker build -t tripool . && docker run -v ./tripool.conf:/etc/tripool/tripool.conf:ro tripool
# Its status page is for the container itself; `serve --http 0.0.0.0:9187 --http-token-file FILE` shows it outside.
FROM debian:bookworm-slim AS build
RUN apt-get update && \
    apt-get install -y --no-install-recommends g++ cmake ninja-build pkg-config dpkg-dev file libcaf-dev libpq-dev \
      libspdlog-dev libcli11-dev nlohmann-json3-dev libcpp-httplib-dev prometheus-cpp-dev libmimalloc-dev && \
    rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DTRIPOOL_BUILD_TESTS=OFF && \
    cmake --build /build && \
    cd /build && cpack

FROM debian:bookworm-slim
COPY --from=build /build/tripool_*.deb /tmp/
RUN apt-get update && \
    apt-get install -y --no-install-recommends /tmp/tripool_*.deb && \
    rm -rf /var/lib/apt/lists/* /tmp/tripool_*.deb && \
    useradd --system --no-create-home tripool
USER tripool
HEALTHCHECK --interval=30s --timeout=5s CMD ["tripool", "status"]
ENTRYPOINT ["tripool"]
CMD ["serve", "--config", "/etc/tripool/tripool.conf", "--http", "127.0.0.1:9187"]
