using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Neutrality;

/// <summary>
/// Where other members' nodes compare their logs with this one's: a listener of its own, apart from the local API, with mutual TLS under the network's authorities, for members' nodes alone. A listener that cannot be opened is an alarm, and no reason for the node not to screen.
/// </summary>
public sealed class GossipServer(
    NodeSettings settings, NodeCertificate certificate, NodeAuthorities authorities, NodeDenials denials, OwnLog log, ForkWatch forks, Func<NodeView> view, AlarmBell alarms, TimeProvider time, ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    private const int MostConnections = 256, MaximumMessage = 64 * 1_024;

    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _ending = new();
    private WebApplication? _listener;
    private Task _opening = Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.GossipListen.Length == 0 || await TryOpenAsync(cancellationToken)) return;
        _opening = Task.Run(async () =>
        {
            do await Task.Delay(Pause, time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (!_ending.IsCancellationRequested && !await TryOpenAsync(_ending.Token));
        }, CancellationToken.None);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _ending.CancelAsync();
        await _opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_listener is not null) await _listener.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_listener is not null) await _listener.DisposeAsync();
        _ending.Dispose();
    }

    private async Task<bool> TryOpenAsync(CancellationToken cancellation)
    {
        WebApplication listener = Build();
        try
        {
            await listener.StartAsync(cancellation);
        }
        catch (Exception fault) when (fault is IOException or System.Net.Sockets.SocketException)
        {
            await listener.DisposeAsync();
            await alarms.RaiseOnceAsync(
                Refusal.Precondition("GOSSIP_NOT_LISTENING", $"Other members' nodes cannot compare their logs with this one's: {fault.Message}", settings.GossipListen, "Free the address or name another with `gateway node settings --gossip-listen`; it is tried again every minute."),
                cancellation);
            return false;
        }

        _listener = listener;
        NodeEvents.GossipListens(loggers.CreateLogger<GossipServer>(), settings.GossipListen);
        return true;
    }

    private WebApplication Build()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(NodeHost.Unwatched);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<ILoggerFactory>(_ => new SharedLoggers(loggers));
        builder.Services.AddSingleton(new GossipEndpoint(log, forks));
        builder.Services.AddGrpc(options => (options.MaxReceiveMessageSize, options.MaxSendMessageSize) = (MaximumMessage, MaximumMessage));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(Listen);
        WebApplication listener = builder.Build();
        listener.MapGrpcService<GossipEndpoint>();
        return listener;
    }

    private void Listen(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1_024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 10;
        kestrel.Listen(IPEndPoint.Parse(settings.GossipListen), listener =>
        {
            listener.Protocols = HttpProtocols.Http2;
            listener.UseHttps(https =>
            {
                https.ServerCertificateSelector = (_, _) => certificate.Current;
                https.HandshakeTimeout = TimeSpan.FromSeconds(10);
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (shown, _, _) => IsNode(shown);
            });
        });
    }

    private bool IsNode(X509Certificate2 shown) =>
        authorities.Current.FindIssuer(shown, time.GetUtcNow(), GossipPeers.ClientAuthentication) is not null && !denials.IsDenied(shown)
        && CertificateIdentity.TryRead(shown, out SpiffeId? id) && GossipPeers.IsMember(id, view());

    /// <summary>The node's own loggers, which this listener must not dispose of.</summary>
    private sealed class SharedLoggers(ILoggerFactory loggers) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => loggers.CreateLogger(categoryName);

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}

/// <summary>Answers a comparing node (witness.proto).</summary>
internal sealed class GossipEndpoint(OwnLog log, ForkWatch forks) : GossipService.GossipServiceBase
{
    /// <inheritdoc/>
    public override async Task<CompareCheckpointsResponse> CompareCheckpoints(CompareCheckpointsRequest request, ServerCallContext context)
    {
        CompareCheckpointsResponse response = new();
        if (await log.OpenAsync(context.CancellationToken) is not var (head, tree)) return response;
        response.Checkpoint = ByteString.CopyFrom(head.Note);
        if (log.Verifier?.Open(request.Checkpoint.Span, out _) is not { Size: > 0 } theirs) return response;
        if (theirs.Size <= head.Size)
        {
            response.Root = ByteString.CopyFrom(tree.RootAt(theirs.Size).ToArray());
            response.ConsistencyProof.AddRange(tree.ConsistencyProof(theirs.Size, head.Size).Select(hash => ByteString.CopyFrom(hash.ToArray())));
        }

        await forks.CompareAsync(request.Checkpoint.Memory, CallerOf(context).ToString(), context.CancellationToken);
        return response;
    }

    private static MemberId CallerOf(ServerCallContext context) =>
        context.GetHttpContext().Connection.ClientCertificate is { } shown && CertificateIdentity.TryRead(shown, out SpiffeId? id) && id.Member is { } member
            ? member
            : throw new RpcException(new Status(StatusCode.Unauthenticated, "The call came without a member's certificate."));
}
