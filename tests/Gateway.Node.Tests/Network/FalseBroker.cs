using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cli.Lab;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Tests.Network;

/// <summary>An address at which something answers that does no broker's work: every call is refused with UNAVAILABLE, under the certificate given.</summary>
internal sealed class FalseBroker : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _connections;
    private int _calls;

    private FalseBroker(X509Certificate2 certificate, Uri address)
    {
        Address = address;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, address.Port, listen =>
        {
            listen.Use(next => connection =>
            {
                Interlocked.Increment(ref _connections);
                return next(connection);
            });
            listen.UseHttps(certificate);
        }));
        _application = builder.Build();
        _application.Run(context =>
        {
            Interlocked.Increment(ref _calls);
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "14";
            return Task.CompletedTask;
        });
    }

    public Uri Address { get; }

    public int Connections => Volatile.Read(ref _connections);

    public int Calls => Volatile.Read(ref _calls);

    public static async Task<FalseBroker> StartAsync(X509Certificate2 certificate)
    {
        FalseBroker broker = new(certificate, new Uri($"https://localhost:{FreePort.Next()}"));
        await broker._application.StartAsync();
        return broker;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}

/// <summary>An address that takes connections, and says nothing on them or passes them on to the broker, until it is cut.</summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _open = [];
    private readonly int? _to;
    private int _taken;
    private volatile bool _isSilent;

    public Relay(int? to = null)
    {
        _to = to;
        _listener.Start();
        Address = new Uri($"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _ = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>Connections that came.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Passes nothing on any more and says nothing of it, as a line that was cut or a process that stands still.</summary>
    public void FallSilent() => _isSilent = true;

    /// <summary>Ends everything, as when the machine's process is killed: open connections are reset, new ones refused.</summary>
    public void Dispose()
    {
        _listener.Dispose();
        lock (_open)
        {
            foreach (Socket socket in _open) socket.Close(0);
            _open.Clear();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket caller = await _listener.AcceptSocketAsync();
                Interlocked.Increment(ref _taken);
                lock (_open) _open.Add(caller);
                if (_to is { } port) _ = PassAsync(caller, port);
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The test cut it.
        }
    }

    private async Task PassAsync(Stream from, Stream to)
    {
        byte[] buffer = new byte[16_384];
        for (int read = await from.ReadAsync(buffer); read > 0; read = await from.ReadAsync(buffer))
        {
            if (!_isSilent) await to.WriteAsync(buffer.AsMemory(0, read));
        }
    }

    private async Task PassAsync(Socket caller, int port)
    {
        try
        {
            Socket broker = new(SocketType.Stream, ProtocolType.Tcp);
            lock (_open) _open.Add(broker);
            await broker.ConnectAsync(IPAddress.Loopback, port);
            using NetworkStream from = new(caller, ownsSocket: true), to = new(broker, ownsSocket: true);
            await Task.WhenAny(PassAsync(from, to), PassAsync(to, from));
        }
        catch (Exception cut) when (cut is IOException or ObjectDisposedException or SocketException)
        {
            caller.Close(0);
        }
    }
}
