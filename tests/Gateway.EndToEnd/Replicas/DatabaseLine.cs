using System.Net.Sockets;

namespace Gateway.EndToEnd.Replicas;

/// <summary>One broker's line to the database, which can be cut and mended: a Unix socket in a folder of its own.</summary>
internal sealed class DatabaseLine : IDisposable
{
    private const string SocketName = ".s.PGSQL.5432";

    private readonly string _folder = Directory.CreateTempSubdirectory("gw-db-").FullName;
    private readonly string _database;
    private readonly List<Socket> _open = [];
    private Socket? _listener;

    public DatabaseLine(string connection)
    {
        string host = connection.Split(';').Single(part => part.StartsWith("Host=", StringComparison.Ordinal))["Host=".Length..];
        _database = Path.Combine(host, SocketName);
        Connection = connection.Replace($"Host={host}", $"Host={_folder}", StringComparison.Ordinal);
        Mend();
    }

    /// <summary>The connection string over this line.</summary>
    public string Connection { get; }

    public void Mend()
    {
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, SocketName)));
        _listener.Listen();
        _ = AcceptAsync(_listener);
    }

    public void Cut()
    {
        _listener?.Dispose();
        File.Delete(Path.Combine(_folder, SocketName));
        lock (_open)
        {
            foreach (Socket socket in _open) socket.Dispose();
            _open.Clear();
        }
    }

    public void Dispose()
    {
        Cut();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                Socket caller = await listener.AcceptAsync(), database = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await database.ConnectAsync(new UnixDomainSocketEndPoint(_database));
                lock (_open) _open.AddRange([caller, database]);
                _ = PassAsync(caller, database);
            }
        }
        catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private static async Task PassAsync(Socket caller, Socket database)
    {
        using NetworkStream from = new(caller, ownsSocket: true), to = new(database, ownsSocket: true);
        try
        {
            await Task.WhenAny(from.CopyToAsync(to), to.CopyToAsync(from));
        }
        catch (Exception cut) when (cut is IOException or ObjectDisposedException)
        {
            // Either side hears of it by its own end.
        }
    }
}
