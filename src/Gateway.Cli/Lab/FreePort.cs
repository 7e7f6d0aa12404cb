using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Cli.Lab;

/// <summary>
/// Ports for listeners that start later, or anew. Below those that systems give to outgoing connections: one of them would be taken by the next connection of any process before the listener has it.
/// </summary>
public static class FreePort
{
    private const int Lowest = 12_000, Highest = 32_000, Tries = 1_000;

    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>Keeps a port from being given out.</summary>
    public static void Reserve(int port) => Given.TryAdd(port, true);

    /// <summary>A port of loopback that nobody listens at, and that this process has not given out before.</summary>
    /// <exception cref="SocketException">There is none.</exception>
    public static int Next()
    {
        for (int left = Tries; ; left--)
        {
            int port = Random.Shared.Next(Lowest, Highest);
            if (!Given.TryAdd(port, true) && left > 0) continue;
            using TcpListener listener = new(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException) when (left > 0)
            {
                // Somebody's. Another one.
            }
        }
    }
}
