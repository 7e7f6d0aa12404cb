using System.Net;
using System.Net.Sockets;
using Gateway.Cli.Lab;

namespace Gateway.Cli.Tests.Lab;

public sealed class WiresTests
{
    [Fact]
    public async Task What_was_sent_while_a_link_was_cut_arrives_when_it_is_mended_and_other_links_stay_whole()
    {
        await using Relay relay = await Relay.StartAsync();
        using Socket one = await relay.CallAsync("one"), other = await relay.CallAsync("other");
        Assert.Equal("a", await EchoAsync(one, "a"));

        await relay.SetAsync("one", cut: true);
        await one.SendAsync("b"u8.ToArray());
        using Socket late = await relay.CallAsync("one"); // Taken, as a network that loses packets does not refuse either.
        await late.SendAsync("c"u8.ToArray());
        for (int i = 0; i < 50; i++) Assert.Equal("x", await EchoAsync(other, "x"));
        Assert.Equal(0, one.Available);
        Assert.Equal(0, late.Available);

        await relay.SetAsync("one", cut: false);
        Assert.Equal("b", await ReadAsync(one));
        Assert.Equal("c", await ReadAsync(late));
    }

    [Fact]
    public async Task A_link_that_was_cut_before_the_relay_began_is_so_from_the_start()
    {
        await using Relay relay = await Relay.StartAsync(cut: "one");
        using Socket one = await relay.CallAsync("one"), other = await relay.CallAsync("other");
        await one.SendAsync("a"u8.ToArray());

        for (int i = 0; i < 50; i++) Assert.Equal("x", await EchoAsync(other, "x"));
        Assert.Equal(0, one.Available);
    }

    [Fact]
    public async Task A_node_hears_that_its_broker_has_closed()
    {
        await using Relay relay = await Relay.StartAsync();
        using Socket one = await relay.CallAsync("one");
        Assert.Equal("a", await EchoAsync(one, "a"));

        await one.SendAsync("!"u8.ToArray());

        Assert.Equal("", await ReadAsync(one));
    }

    private static async Task<string> EchoAsync(Socket socket, string text)
    {
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(text));
        return await ReadAsync(socket);
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        byte[] buffer = new byte[16];
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        return System.Text.Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, patience.Token));
    }

    /// <summary>The relay of a lab with a broker that says what it hears, and closes at an exclamation mark.</summary>
    private sealed class Relay : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly TcpListener _broker = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _ended = new();
        private readonly LabBook _book;
        private Task _wires = Task.CompletedTask;

        private Relay(string cut)
        {
            _broker.Start();
            LabLink[] links = [.. new[] { "one", "other" }.Select(node => new LabLink(node, "broker", FreePort.Next(), node == cut))];
            _book = LabBook.Make(new LabFolder(_folder.File("lab")), DefaultPlan.Plan, new LabState { Brokers = [new LabBroker("broker", ((IPEndPoint)_broker.LocalEndpoint).Port)], Links = links });
        }

        public static async Task<Relay> StartAsync(string cut = "")
        {
            Relay relay = new(cut);
            _ = relay.AnswerAsync();
            TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
            relay._wires = new Wires(relay._book.Folder).RunAsync(ready.SetResult, relay._ended.Token);
            await await Task.WhenAny(ready.Task, relay._wires);
            return relay;
        }

        public async Task SetAsync(string node, bool cut)
        {
            _book.Change(state => state with { Links = [.. state.Links.Select(link => link.Node == node ? link with { IsCut = cut } : link)] });
            await Wires.KnockAsync(_book.Folder, CancellationToken.None);
        }

        public async Task<Socket> CallAsync(string node)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, _book.State.Links.Single(link => link.Node == node).Port);
            return socket;
        }

        public async ValueTask DisposeAsync()
        {
            await _ended.CancelAsync();
            await _wires.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _ended.Dispose();
            _broker.Dispose();
            _folder.Dispose();
        }

        private async Task AnswerAsync()
        {
            try
            {
                while (true) _ = EchoAsync(await _broker.AcceptSocketAsync());
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private static async Task EchoAsync(Socket caller)
        {
            using Socket socket = caller;
            byte[] buffer = new byte[16];
            while (await socket.ReceiveAsync(buffer) is > 0 and int count && buffer[0] != '!') await socket.SendAsync(buffer.AsMemory(0, count));
        }
    }
}
