using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Broker.Hosting;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Ledger;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Cli.Demo;

/// <summary>The demo's network: a broker and four nodes as processes of their own on loopback, and the ways to them.</summary>
internal sealed class DemoNetwork : IAsyncDisposable
{
    private const string Operator = "operator-1", SecondOperator = "operator-2";
    private const string NetworkName = "demo.gateway.test";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan KeyPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FeedPatience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly DemoFolder _folder;
    private readonly CommandLine _commands;
    private readonly TimeProvider _time;
    private readonly List<ServerProcess> _servers = [];
    private readonly Dictionary<DemoMember, LocalNode> _nodes = [];
    private BrokerAccess? _broker;

    /// <summary>A network in a folder; nothing runs yet.</summary>
    public DemoNetwork(DemoFolder folder, CommandLine commands, TimeProvider time)
    {
        (_folder, _commands, _time) = (folder, commands, time);
        Directory.CreateDirectory(folder.Logs);
    }

    /// <summary>Makes and starts the broker, invites the members, makes and starts their nodes.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        int port = FreePort();
        string listen = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), address = string.Create(CultureInfo.InvariantCulture, $"https://localhost:{port}");
        await _commands.RunAsync(cancellation, "broker", "init", "--dir", _folder.Broker, "--network", NetworkName, "--listen", listen, "--address", address, "--operator", Operator, "--operator", SecondOperator, "--unsealed");
        ServerProcess server = Start("broker", "broker", _folder.Broker);
        _broker = BrokerAccess.AsOperator(_folder.Broker, Operator);
        await UntilAsync(server, StartPatience, "The broker does not answer.", async () =>
        {
            await _broker.Log.GetCheckpointAsync(new GetCheckpointRequest(), deadline: _broker.Deadline, cancellationToken: cancellation);
            return true;
        }, cancellation);

        // The first three need no sponsors; who comes after them does, and its sponsors' nodes run.
        await Task.WhenAll(DemoMember.All.Take(NetworkState.MembersWithoutSponsors).Select(member => JoinAsync(member, cancellation)));
        foreach (DemoMember member in DemoMember.All.Skip(NetworkState.MembersWithoutSponsors)) await JoinAsync(member, cancellation, DemoMember.RetailerOne, DemoMember.RetailerTwo);
    }

    /// <summary>Founds the two circles and waits until every member's node can open their keys.</summary>
    public async Task FoundCirclesAsync(CancellationToken cancellation)
    {
        foreach ((string circle, DemoMember steward) in new[] { (DemoMember.Acx, DemoMember.RetailerOne), (DemoMember.CustomsProtocol, DemoMember.Customs) })
        {
            string[] members = [.. DemoMember.All.Where(member => member.Circles.Contains(circle)).SelectMany(member => new[] { "--member", member.Name })];
            JsonElement proposed = await _commands.RunAsync(cancellation, ["circle", "create", circle, "--template", circle, "--steward", steward.Name, .. members, "--dir", _folder.Broker]);
            await ApproveAsync(proposed, null, cancellation);
            foreach (DemoMember member in DemoMember.All.Where(member => member.Circles.Contains(circle)))
            {
                await UntilAsync(ServerOf(member), KeyPatience, $"The node of {member.Name} does not hear of the circle.", async () => (await StatusAsync(member, cancellation)).LogSize >= (await CheckpointAsync(cancellation)).Size, cancellation);
                await _commands.RunAsync(cancellation, ["circle", "accept", circle, .. member == steward ? members : [], "--dir", FolderOf(member)]);
            }
        }

        await Task.WhenAll(DemoMember.All.Select(member => UntilAsync(
            ServerOf(member), KeyPatience, $"The circles of {member.Name} have no keys.",
            async () => (await StatusAsync(member, cancellation)).Circles.Count(circle => circle.Epoch >= 0) == member.Circles.Count,
            cancellation)));
    }

    /// <summary>Waits until every node has applied the whole log and has the root that the broker's checkpoint states.</summary>
    public async Task<Checkpoint> AwaitConvergenceAsync(CancellationToken cancellation)
    {
        Checkpoint? checkpoint = null;
        foreach (DemoMember member in DemoMember.All)
        {
            await UntilAsync(ServerOf(member), FeedPatience, $"The node of {member.Name} has not the broker's log.", async () =>
            {
                checkpoint = await CheckpointAsync(cancellation);
                GetStatusResponse status = await StatusAsync(member, cancellation);
                if (status.Alarms.Count > 0) throw new RefusalException(Refusal.FromDetail(status.Alarms[0].Error));
                return status.LogSize == checkpoint.Size && status.LogRoot.Span.SequenceEqual(checkpoint.Root.ToArray());
            }, cancellation);
        }

        return checkpoint!;
    }

    /// <summary>The folder of a member's node.</summary>
    public string FolderOf(DemoMember member) => _folder.Of(member.Folder);

    /// <summary>The node of a member.</summary>
    public LocalNode NodeOf(DemoMember member)
    {
        lock (_nodes) return _nodes[member];
    }

    /// <summary>Lets the processes go on without this one, and notes which they are.</summary>
    public void Release()
    {
        _folder.NoteProcesses(_servers);
        foreach (ServerProcess server in _servers) server.Release();
    }

    /// <summary>Ends every process that was started and not released.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (LocalNode node in _nodes.Values) node.Dispose();
        _broker?.Dispose();
        await Task.WhenAll(_servers.Select(server => server.DisposeAsync().AsTask()));
    }

    // Whoever wants to take part applies; one operator proposes it, members vouch for it, another operator approves it, and the invitation he gives turns the application into a node.
    private async Task JoinAsync(DemoMember member, CancellationToken cancellation, params DemoMember[] sponsors)
    {
        string application = _folder.Of($"application-{member.Folder}.json"), invitation = _folder.Of($"invitation-{member.Folder}.json");
        await _commands.RunAsync(cancellation, "node", "apply", member.Name, "--role", Codes.Roles.Of(member.Role), "--network", new BrokerFiles(_folder.Broker).Network,
            "--contact", "Alex Example", "--email", "alex@example.org", "--phone", "+49 40 123456", "--dir", FolderOf(member), "--out", application, "--unsealed");
        JsonElement proposed = await _commands.RunAsync(cancellation, "member", "propose", application, "--dir", _folder.Broker);
        foreach (DemoMember sponsor in sponsors) await _commands.RunAsync(cancellation, "member", "sponsor", member.Name, "--yes", "--dir", FolderOf(sponsor));
        await ApproveAsync(proposed, invitation, cancellation);
        await _commands.RunAsync(cancellation, "node", "init", "--dir", FolderOf(member), "--invitation", invitation);
        File.Delete(invitation); // It holds a secret, and is of no more use.
        File.Delete(application);
        ServerProcess server = Start("node", member.Folder, FolderOf(member));
        await UntilAsync(server, StartPatience, $"The node of {member.Name} does not answer.", async () =>
        {
            lock (_nodes)
            {
                if (!_nodes.ContainsKey(member)) _nodes.Add(member, LocalNode.Open(FolderOf(member)));
            }

            return (await StatusAsync(member, cancellation)).BrokerConnected;
        }, cancellation);
    }

    private Task<JsonElement> ApproveAsync(JsonElement proposed, string? file, CancellationToken cancellation)
    {
        string id = proposed.GetProperty("change_id").GetUInt64().ToString(CultureInfo.InvariantCulture);
        string[] approval = ["change", "approve", id, "--operator", SecondOperator, "--dir", _folder.Broker];
        return _commands.RunAsync(cancellation, file is null ? approval : [.. approval, "--out", file]);
    }

    private ServerProcess Start(string kind, string name, string folder)
    {
        ServerProcess server = ServerProcess.Start(name, Path.Combine(_folder.Logs, name + ".log"), kind, "run", "--dir", folder);
        lock (_servers) _servers.Add(server);
        return server;
    }

    private ServerProcess ServerOf(DemoMember member) => _servers.Single(server => server.Name == member.Folder);

    private async Task<GetStatusResponse> StatusAsync(DemoMember member, CancellationToken cancellation) =>
        await NodeOf(member).Contributions.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellation);

    // The nodes verify the broker's signature; here the figures are compared with what the nodes say.
    private async Task<Checkpoint> CheckpointAsync(CancellationToken cancellation)
    {
        GetCheckpointResponse response = await _broker!.Log.GetCheckpointAsync(new GetCheckpointRequest(), deadline: _broker.Deadline, cancellationToken: cancellation);
        string? fault = null;
        return SignedNote.TryParse(response.Checkpoint.Span, out SignedNote? note, out fault) && Checkpoint.TryParse(note.Text, out Checkpoint? checkpoint, out fault)
            ? checkpoint
            : throw new RefusalException(Refusal.DataLoss("CHECKPOINT_UNREADABLE", $"The broker's checkpoint cannot be read: {fault}", "checkpoint", "See the broker's log."));
    }

    private async Task UntilAsync(ServerProcess server, TimeSpan patience, string otherwise, Func<Task<bool>> reached, CancellationToken cancellation)
    {
        long start = _time.GetTimestamp();
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

            if (server.HasExited || _time.GetElapsedTime(start) > patience)
            {
                string how = server.HasExited ? "its process has ended" : $"waited {patience.TotalSeconds:0} s: {reason}";
                throw new RefusalException(Refusal.Precondition("DEMO_SERVER_FAILED", $"{otherwise} ({how})", server.LogFile, string.Join('\n', server.LastLines(5).Prepend("The last it wrote:"))));
            }

            await Task.Delay(Poll, _time, cancellation);
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
