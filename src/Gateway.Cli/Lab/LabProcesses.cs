using System.Net;
using System.Net.Sockets;
using Gateway.Protocol.Errors;
using Grpc.Core;
using Npgsql;

namespace Gateway.Cli.Lab;

/// <summary>The processes of a lab: starts, kills and ends them, and waits for them. Ends with itself those that it started and did not let go; never touches one that the lab has not started.</summary>
internal sealed class LabProcesses(LabBook book, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Name of the relay's process.</summary>
    public const string Wires = "wires";

    /// <summary>Name of PostgreSQL's process.</summary>
    public const string Postgres = "postgresql";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, ServerProcess> _started = [];

    /// <summary>Starts one that does not run; returns at once.</summary>
    public void Start(string name)
    {
        string[] commandLine = name switch
        {
            Postgres => new PostgresServer(book.State.PostgresFolder).StartLine(),
            Wires => [.. ServerProcess.ThisProgram(), "lab", "wires", "--dir", book.Folder.Path],
            _ => [.. ServerProcess.ThisProgram(), book.Plan.BrokerNames.Contains(name) ? "broker" : "node", "run", "--dir", book.Folder.Of(name)],
        };
        ServerProcess server = ServerProcess.Start(book.Folder.LogOf(name), commandLine);
        lock (_started)
        {
            if (_started.Remove(name, out ServerProcess? before)) before.Dispose();
            _started.Add(name, server);
        }

        book.Note(name, server.Identity);
    }

    /// <summary>Kills one at once (SIGKILL), and waits until nothing of it runs.</summary>
    /// <returns>Whether it ran.</returns>
    public async Task<bool> KillAsync(string name, CancellationToken cancellation)
    {
        if (book.Find(name) is not { IsRunning: true } process) return false;
        ServerProcess.Signal("KILL", [process]);
        while (process.IsRunning) await Task.Delay(Poll / 10, time, cancellation);
        return true;
    }

    /// <summary>Ends some in good order, the last started first, and kills who does not end.</summary>
    /// <returns>How many ran.</returns>
    public async Task<int> EndAsync(IEnumerable<string> names)
    {
        HashSet<string> wanted = [.. names];
        int ended = 0;

        // Nodes before brokers, and the database last: so that each can still tell the others what it has to tell.
        foreach (IGrouping<int, string> rank in book.ProcessNames.Where(wanted.Contains).GroupBy(RankOf).OrderByDescending(rank => rank.Key))
        {
            ProcessIdentity[] running = [.. rank.Select(book.Find).OfType<ProcessIdentity>().Where(process => process.IsRunning)];
            ended += running.Length;
            ServerProcess.Signal(rank.Key == 0 ? "INT" : "TERM", running);
            long asked = time.GetTimestamp();
            while (running.Any(process => process.IsRunning) && time.GetElapsedTime(asked) < Grace) await Task.Delay(Poll / 4, time, CancellationToken.None);
            ServerProcess.Signal("KILL", running);
            while (running.Any(process => process.IsRunning)) await Task.Delay(Poll / 4, time, CancellationToken.None);
        }

        return ended;
    }

    /// <summary>Waits until a process has come so far.</summary>
    /// <exception cref="RefusalException">It has ended, or patience has.</exception>
    public async Task UntilAsync(string name, TimeSpan patience, string otherwise, Func<Task<bool>> reached, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            string reason = "it did not come so far";
            try
            {
                if (await reached()) return;
            }
            catch (RpcException fault) when (fault.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
            {
                reason = fault.Status.Detail;
            }
            catch (RefusalException fault) when (fault.Refusal.Status == StatusCode.Unavailable)
            {
                reason = fault.Refusal.What;
            }
            catch (Exception fault) when (fault is NpgsqlException or SocketException)
            {
                reason = fault.Message;
            }

            bool hasEnded = !book.IsRunning(name);
            if (hasEnded || time.GetElapsedTime(start) > patience)
            {
                string how = hasEnded ? "its process has ended" : $"waited {patience.TotalSeconds:0} s: {reason}";
                string log = book.Folder.LogOf(name);
                throw new RefusalException(Refusal.Precondition("LAB_SERVER_FAILED", $"{otherwise} ({how})", log, string.Join('\n', LastLines(log).Prepend("The last it wrote:"))));
            }

            await Task.Delay(Poll, time, cancellation);
        }
    }

    /// <summary>Lets all go on without this process.</summary>
    public void Release()
    {
        lock (_started)
        {
            foreach (ServerProcess server in _started.Values) server.Release();
        }
    }

    /// <summary>Ends what was started here and not released.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(_started.Where(pair => !pair.Value.IsReleased).Select(pair => pair.Key));
        foreach (ServerProcess server in _started.Values) server.Dispose();
    }

    /// <summary>Refuses a port on which somebody listens.</summary>
    /// <exception cref="RefusalException">Somebody does.</exception>
    public static void RequireFree(int port)
    {
        try
        {
            using TcpListener listener = new(IPAddress.Loopback, port);
            listener.Start();
        }
        catch (SocketException taken)
        {
            throw new RefusalException(Refusal.Precondition("ADDRESS_IN_USE", $"Port {port} cannot be listened on: {taken.Message}.", "listening address", "End what listens there, or choose another port."));
        }
    }

    private static IEnumerable<string> LastLines(string log) => File.Exists(log) ? File.ReadLines(log).TakeLast(5) : [];

    private int RankOf(string name) => name switch
    {
        Postgres => 0,
        Wires => 2,
        _ => book.Plan.BrokerNames.Contains(name) ? 1 : 3,
    };
}
