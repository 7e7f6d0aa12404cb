# One image for broker and node: the command decides. Built from a clean checkout; nothing secret is needed to build it, and keys live in volumes only.
# .NET 10 has no Debian images; Ubuntu 24.04 (noble) has the same libsodium23.
FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/Gateway.Cli -c Release -o /app --nologo

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble
RUN apt-get update \
    && apt-get install -y --no-install-recommends libsodium23 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /app /opt/gateway
# A named volume that is mounted here for the first time takes over owner and mode, so the process needs no root to write to it.
RUN ln -s /opt/gateway/gateway /usr/local/bin/gateway \
    && install -d -o $APP_UID -g $APP_UID -m 0700 /data
# The runtime's debugging pipe wants a place to write; nothing here needs it.
ENV DOTNET_EnableDiagnostics=0 \
    GATEWAY_DIR=/data
USER $APP_UID
VOLUME /data
ENTRYPOINT ["gateway"]
CMD ["--help"]
