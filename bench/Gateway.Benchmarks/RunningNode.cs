using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Node;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Benchmarks;

/// <summary>A node as <c>gateway node run</c> composes it, in this process.</summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private readonly WebApplication _application;
    private readonly INodeStore _store;
    private readonly GrpcChannel _channel;

    private RunningNode(WebApplication application, INodeStore store, GrpcChannel channel)
    {
        _application = application;
        _store = store;
        _channel = channel;
    }

    /// <summary>How long <see cref="NodeHost.BuildAsync"/> took.</summary>
    public double BuildMilliseconds { get; private init; }

    public NodeView View => Get<NodeLog>().View;

    public static async Task<RunningNode> StartAsync(NodeDirectory directory, string storeFile)
    {
        INodeStore? store = null;
        NodeSeams seams = new()
        {
            Logging = BenchNetwork.Quiet,
            OpenStore = async (_, cancellation) => store = await SqliteNodeStore.OpenAsync(storeFile, TimeProvider.System, cancellation),
        };
        long start = Stopwatch.GetTimestamp();
        WebApplication application = await NodeHost.BuildAsync(directory, seams, CancellationToken.None);
        double built = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        await application.StartAsync();
        return new RunningNode(application, store!, ConnectTo(directory.SocketFile)) { BuildMilliseconds = built };
    }

    public T Get<T>()
        where T : notnull => _application.Services.GetRequiredService<T>();

    public WatchService.WatchServiceClient Watch => new(_channel);

    public async Task<GetStatusResponse> StatusAsync() => await new ContributionsService.ContributionsServiceClient(_channel).GetStatusAsync(new GetStatusRequest());

    /// <summary>Waits until the view is as wanted, looking every 2 ms.</summary>
    public async Task<NodeView> UntilAsync(Func<NodeView, bool> holds, TimeSpan? patience = null)
    {
        long start = Stopwatch.GetTimestamp();
        while (!holds(View))
        {
            if (Stopwatch.GetElapsedTime(start) > (patience ?? Patience)) throw new TimeoutException($"The node {_store} did not reach what was waited for; it has {View.Size} leaves.");
            await Task.Delay(Pause);
        }

        return View;
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
        await _store.DisposeAsync();
    }

    private static GrpcChannel ConnectTo(string socket) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            },
        },
    });
}
