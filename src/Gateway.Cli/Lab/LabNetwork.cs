using Gateway.Cli.Connect;
using Gateway.Ledger;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Lab;

/// <summary>A network on this machine: brokers, nodes, the relay between them and a PostgreSQL where one is wanted, as processes of their own, and the ways to them.</summary>
internal sealed class LabNetwork : IAsyncDisposable
{
    /// <summary>Name of the operator who proposes.</summary>
    public const string Operator = "operator-1";

    /// <summary>Name of the operator who approves.</summary>
    public const string SecondOperator = "operator-2";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan FeedPatience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, LocalNode> _nodes = [];
    private readonly Dictionary<string, BrokerAccess> _brokers = [];

    /// <summary>The network of a lab's folder; nothing is started.</summary>
    public LabNetwork(LabBook book, TimeProvider time)
    {
        Book = book;
        Processes = new LabProcesses(book, time);
    }

    /// <summary>Description and state.</summary>
    public LabBook Book { get; }

    /// <summary>Its processes.</summary>
    public LabProcesses Processes { get; }

    /// <summary>Deadline of one question to a process.</summary>
    public static DateTime Deadline => CallDeadline.After(CallPatience);

    /// <summary>A new lab in an empty folder, with its ports and its links; nothing runs yet.</summary>
    /// <exception cref="RefusalException">The folder is not empty, or a stated port is taken.</exception>
    public static LabNetwork Make(LabFolder folder, LabPlan plan, TimeProvider time)
    {
        if (OperatingSystem.IsWindows()) throw new RefusalException(Refusal.Precondition("PLATFORM_UNSUPPORTED", "A lab starts its processes by /bin/sh.", "Windows", "Run it on Linux, or in WSL."));
        string[] names = [.. plan.BrokerNames];
        for (int i = 0; plan.Port > 0 && i < names.Length; i++) FreePort.Reserve(plan.Port + i);
        int[] ports = [.. Enumerable.Range(0, names.Length * (1 + plan.Members.Count)).Select(_ => FreePort.Next())];
        LabBroker[] brokers = [.. names.Select((name, i) => new LabBroker(name, plan.Port == 0 ? ports[i] : plan.Port + i))];
        foreach (LabBroker broker in brokers) LabProcesses.RequireFree(broker.Port);
        LabState state = new() { Brokers = brokers, Links = [.. plan.Members.SelectMany((member, row) => brokers.Select((broker, i) => new LabLink(member.Folder, broker.Name, ports[((1 + row) * names.Length) + i], IsCut: false)))] };
        return new LabNetwork(LabBook.Make(folder, plan, state), time);
    }

    /// <summary>Starts whatever does not run, and waits until it answers.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        IEnumerable<int> needed = [.. Book.State.Brokers.Where(broker => !Book.IsRunning(broker.Name)).Select(broker => broker.Port), .. Book.IsRunning(LabProcesses.Wires) ? [] : Book.State.Links.Select(link => link.Port)];
        foreach (int port in needed) LabProcesses.RequireFree(port);
        foreach (string name in Book.ProcessNames.SkipLast(Book.Plan.Members.Count)) await StartAsync(name, cancellation);
        await Task.WhenAll(Book.Plan.Members.Select(member => StartAsync(member.Folder, cancellation)));
    }

    /// <summary>Starts a process that does not run, and waits until it answers.</summary>
    public async Task StartAsync(string name, CancellationToken cancellation)
    {
        if (!Book.IsRunning(name)) Processes.Start(name);
        await Processes.UntilAsync(name, StartPatience, $"{name} does not answer.", () => AnswersAsync(name, cancellation), cancellation);
    }

    /// <summary>The folder of a member's node.</summary>
    public string FolderOf(LabMember member) => Book.Folder.Of(member.Folder);

    /// <summary>The node of a member.</summary>
    public LocalNode NodeOf(LabMember member)
    {
        lock (_nodes)
        {
            if (!_nodes.TryGetValue(member.Folder, out LocalNode? node)) _nodes.Add(member.Folder, node = LocalNode.Open(FolderOf(member)));
            return node;
        }
    }

    /// <summary>A broker, for an operator.</summary>
    public BrokerAccess BrokerOf(string name)
    {
        lock (_brokers)
        {
            if (!_brokers.TryGetValue(name, out BrokerAccess? broker)) _brokers.Add(name, broker = BrokerAccess.AsOperator(Book.Folder.Of(name), Operator));
            return broker;
        }
    }

    /// <summary>Tells a new node what its invitation does not: that its ways to the brokers lead over the lab's links, another broker first for each node, and where its store is.</summary>
    public void Settle(LabMember member)
    {
        LabLink[] links = [.. Book.State.Links.Where(link => link.Node == member.Folder)];
        int first = Book.Plan.Members.Index().Single(one => one.Item.Folder == member.Folder).Index % links.Length;
        string[] addresses = [.. links[first..].Concat(links[..first]).Select(link => link.Address)];
        NodeDirectory node = new(FolderOf(member));
        node.WriteSettings(node.ReadSettings() with { Broker = addresses[0], BrokerAlsoAt = addresses[1..], Store = StoreOf(member.Store, member.Folder) });
    }

    /// <summary>The connection string of a store in the lab's PostgreSQL; empty for a file in the folder.</summary>
    public string StoreOf(LabStore store, string owner) => store == LabStore.Sqlite ? "" : new PostgresServer(Book.State.PostgresFolder).StoreOf(owner);

    /// <summary>Waits until every node has applied the whole log and has the root that the broker's checkpoint states.</summary>
    /// <exception cref="RefusalException">One does not come so far, or has raised an alarm.</exception>
    public async Task<Checkpoint> AwaitConvergenceAsync(CancellationToken cancellation)
    {
        Checkpoint? checkpoint = null;
        foreach (LabMember member in Book.Plan.Members)
        {
            await Processes.UntilAsync(member.Folder, FeedPatience, $"The node of {member.Name} has not the broker's log.", async () =>
            {
                checkpoint = await CheckpointAsync(Book.State.Brokers.First(broker => Book.IsRunning(broker.Name)).Name, cancellation);
                GetStatusResponse status = await StatusAsync(member, cancellation);
                if (status.Alarms.Count > 0) throw new RefusalException(Refusal.FromDetail(status.Alarms[0].Error));
                return status.LogSize == checkpoint.Size && status.LogRoot.Span.SequenceEqual(checkpoint.Root.ToArray());
            }, cancellation);
        }

        return checkpoint!;
    }

    /// <summary>What a member's node says of itself.</summary>
    public async Task<GetStatusResponse> StatusAsync(LabMember member, CancellationToken cancellation) =>
        await NodeOf(member).Contributions.GetStatusAsync(new GetStatusRequest(), deadline: Deadline, cancellationToken: cancellation);

    /// <summary>The newest checkpoint of a broker. Nodes verify its signature; here its figures are compared with what the nodes say.</summary>
    public async Task<Checkpoint> CheckpointAsync(string broker, CancellationToken cancellation)
    {
        GetCheckpointResponse response = await BrokerOf(broker).Log.GetCheckpointAsync(new GetCheckpointRequest(), deadline: Deadline, cancellationToken: cancellation);
        string? fault = null;
        return SignedNote.TryParse(response.Checkpoint.Span, out SignedNote? note, out fault) && Checkpoint.TryParse(note.Text, out Checkpoint? checkpoint, out fault)
            ? checkpoint
            : throw new RefusalException(Refusal.DataLoss("CHECKPOINT_UNREADABLE", $"The broker's checkpoint cannot be read: {fault}", "checkpoint", "See the broker's log."));
    }

    /// <summary>Ends every process that was started by this object and not released.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (LocalNode node in _nodes.Values) node.Dispose();
        foreach (BrokerAccess broker in _brokers.Values) broker.Dispose();
        await Processes.DisposeAsync();
    }

    private async Task<bool> AnswersAsync(string name, CancellationToken cancellation)
    {
        if (name == LabProcesses.Postgres) await PostgresAnswersAsync(cancellation);
        else if (name == LabProcesses.Wires) await Wires.KnockAsync(Book.Folder, cancellation);
        else if (Book.Plan.BrokerNames.Contains(name)) await CheckpointAsync(name, cancellation);
        else await StatusAsync(Book.Plan.Members.Single(member => member.Folder == name), cancellation);
        return true;
    }

    // One that was killed leaves processes that end a moment after it; as long as they are there, the next one ends at once.
    private async Task PostgresAnswersAsync(CancellationToken cancellation)
    {
        if (!Book.IsRunning(LabProcesses.Postgres)) Processes.Start(LabProcesses.Postgres);
        await new PostgresServer(Book.State.PostgresFolder).MakeSchemasAsync(StoreOwners(), cancellation);
    }

    // Brokers share one store.
    private IEnumerable<string> StoreOwners() =>
        Book.Plan.Members.Where(member => member.Store == LabStore.Postgresql).Select(member => member.Folder).Concat(Book.Plan.Store == LabStore.Postgresql ? [Book.Plan.BrokerNames[0]] : Array.Empty<string>());
}
