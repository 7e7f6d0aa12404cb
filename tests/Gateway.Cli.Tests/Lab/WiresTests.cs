using System.Net;
using System.Net.Sockets;
using Gateway.Cli.Lab;

namespace Gateway.Cli.Tests.Lab;

public sealed class WiresTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly TcpListener _broker = new(IPAddress.Loopback, 0);
    private LabBook _book = null!;
    private Task _wires = Task.CompletedTask;
    private CancellationTokenSource _running = new();

    [Fact]
    public async Task What_was_sent_while_a_link_was_cut_arrives_when_it_is_mended_and_other_links_stay_whole()
    {
        using Socket one = await CallAsync("one"), other = await CallAsync("other");
        Assert.Equal("a", await EchoAsync(one, "a"));

        await SetAsync("one", cut: true);
        await one.SendAsync("b"u8.ToArray());
        using Socket late = await CallAsync("one"); // Taken, as a network that loses packets does not refuse either.
        await late.SendAsync("c"u8.ToArray());
        for (int i = 0; i < 50; i++) Assert.Equal("x", await EchoAsync(other, "x"));
        Assert.Equal(0, one.Available);
        Assert.Equal(0, late.Available);

        await SetAsync("one", cut: false);
        Assert.Equal("b", await ReadAsync(one));
        Assert.Equal("c", await ReadAsync(late));
    }

    [Fact]
    public async Task A_link_that_is_cut_is_so_from_the_start()
    {
        await StopAsync();
        _book.Change(state => state with { Links = [.. state.Links.Select(link => link with { IsCut = link.Node == "one" })] });
        await StartAsync();
        using Socket one = await CallAsync("one"), other = await CallAsync("other");
        await one.SendAsync("a"u8.ToArray());

        for (int i = 0; i < 50; i++) Assert.Equal("x", await EchoAsync(other, "x"));
        Assert.Equal(0, one.Available);
    }

    [Fact]
    public async Task A_node_hears_that_its_broker_has_closed()
    {
        using Socket one = await CallAsync("one");
        Assert.Equal("a", await EchoAsync(one, "a"));

        await one.SendAsync("!"u8.ToArray());

        Assert.Equal("", await ReadAsync(one));
    }

    public async Task InitializeAsync()
    {
        _broker.Start();
        _ = AnswerAsync();
        int port = ((IPEndPoint)_broker.LocalEndpoint).Port;
        LabLink[] links = [.. new[] { "one", "other" }.Select(node => new LabLink(node, "broker", LabProcesses.FreePort(), IsCut: false))];
        _book = LabBook.Make(new LabFolder(Path.Combine(_folder.Path, "lab")), DefaultPlan.Plan, new LabState { Brokers = [new LabBroker("broker", port)], Links = links });
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        _broker.Dispose();
        _folder.Dispose();
    }

    private async Task StartAsync()
    {
        _running = new CancellationTokenSource();
        TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _wires = new Wires(_book.Folder).RunAsync(ready.SetResult, _running.Token);
        await await Task.WhenAny(ready.Task, _wires);
    }

    private async Task StopAsync()
    {
        await _running.CancelAsync();
        await _wires.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _running.Dispose();
    }

    private async Task SetAsync(string node, bool cut)
    {
        _book.Change(state => state with { Links = [.. state.Links.Select(link => link.Node == node ? link with { IsCut = cut } : link)] });
        await Wires.KnockAsync(_book.Folder, CancellationToken.None);
    }

    private async Task<Socket> CallAsync(string node)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _book.State.Links.Single(link => link.Node == node).Port);
        return socket;
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

    // Says what it hears; closes at an exclamation mark.
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
