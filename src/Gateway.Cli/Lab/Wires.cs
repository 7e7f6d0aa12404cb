using System.Net;
using System.Net.Sockets;

namespace Gateway.Cli.Lab;

/// <summary>
/// The links of a lab, in a process of their own: each node reaches each broker by a port on which the relay listens, so a link can be cut without privileges. The state file says which are cut; whoever
/// changes it knocks at the relay's socket, and is answered when that holds.
/// </summary>
internal sealed class Wires(LabFolder folder)
{
    /// <summary>Carries until told to end.</summary>
    public async Task RunAsync(Action ready, CancellationToken cancellation)
    {
        LabState state = LabState.Read(folder.State);
        Dictionary<(string, string), Wire> wires = [];
        foreach (LabLink link in state.Links) wires.Add((link.Node, link.Broker), new Wire(link.Port, state.Brokers.Single(broker => broker.Name == link.Broker).Port) { IsCut = link.IsCut });
        try
        {
            List<Task> work = [.. wires.Values.Select(wire => wire.CarryAsync(cancellation))];
            File.Delete(folder.WiresSocket);
            using Socket knocks = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            knocks.Bind(new UnixDomainSocketEndPoint(folder.WiresSocket));
            knocks.Listen();
            ready();
            work.Add(AnswerAsync(knocks, wires, cancellation));
            await await Task.WhenAny(work);
        }
        finally
        {
            foreach (Wire wire in wires.Values) wire.Dispose();
        }
    }

    /// <summary>Has the relay take up what the state file says.</summary>
    public static async Task KnockAsync(LabFolder folder, CancellationToken cancellation)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(folder.WiresSocket), cancellation);
        await socket.ReceiveAsync(new byte[1], cancellation); // Its end is the answer.
    }

    private async Task AnswerAsync(Socket knocks, Dictionary<(string, string), Wire> wires, CancellationToken cancellation)
    {
        while (true)
        {
            using Socket caller = await knocks.AcceptAsync(cancellation);
            foreach (LabLink link in LabState.Read(folder.State).Links) wires[(link.Node, link.Broker)].IsCut = link.IsCut;
        }
    }

    /// <summary>One link. Cut, it takes connections and bytes and passes none, as a network that loses every packet: both ends hear nothing, and what was under way arrives when it is mended.</summary>
    private sealed class Wire(int port, int target) : IDisposable
    {
        private const int Chunk = 64 * 1024;

        private readonly TcpListener _listener = new(IPAddress.Loopback, port);
        private volatile TaskCompletionSource _whole = Completed();

        public bool IsCut
        {
            get => !_whole.Task.IsCompleted;
            set
            {
                if (value == IsCut) return;
                if (value) _whole = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                else _whole.SetResult();
            }
        }

        public async Task CarryAsync(CancellationToken cancellation)
        {
            _listener.Start();
            while (true) _ = CarryAsync(await _listener.AcceptSocketAsync(cancellation), cancellation);
        }

        public void Dispose() => _listener.Dispose();

        private async Task CarryAsync(Socket near, CancellationToken cancellation)
        {
            using Socket far = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using (near)
            {
                near.NoDelay = true;
                try
                {
                    await _whole.Task.WaitAsync(cancellation);
                    await far.ConnectAsync(IPAddress.Loopback, target, cancellation);
                    await Task.WhenAll(PumpAsync(near, far, cancellation), PumpAsync(far, near, cancellation));
                }
                catch (Exception lost) when (lost is SocketException or ObjectDisposedException or OperationCanceledException)
                {
                    // One end is gone; the other hears of it as its socket closes.
                }
            }
        }

        private async Task PumpAsync(Socket from, Socket to, CancellationToken cancellation)
        {
            byte[] buffer = new byte[Chunk];
            try
            {
                while (true)
                {
                    int count = await from.ReceiveAsync(buffer, cancellation);
                    await _whole.Task.WaitAsync(cancellation);
                    if (count == 0) break;
                    for (int sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), cancellation);
                }

                to.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // A reset at one end is one at the other, and ends the pump of the other direction.
                from.Close(0);
                to.Close(0);
                throw;
            }
        }

        private static TaskCompletionSource Completed()
        {
            TaskCompletionSource completed = new();
            completed.SetResult();
            return completed;
        }
    }
}
