using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Cli.Lab;

/// <summary>
/// Ports for listeners that start later, or anew. Below those that systems give to outgoing connections: one of them would be taken by the next connection of any process before the listener has it.
/// </summary>
public static class FreePort
{
    private const int Lowest = 12_000, Highest = 32_000;

    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>A port of loopback that nobody listens at, and that this process has not given out before.</summary>
    public static int Next()
    {
        while (true)
        {
            int port = Random.Shared.Next(Lowest, Highest);
            if (!Given.TryAdd(port, true)) continue;
            using TcpListener listener = new(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's. Another one.
            }
        }
    }
}
