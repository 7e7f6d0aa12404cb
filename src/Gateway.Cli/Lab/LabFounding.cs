using System.Globalization;
using System.Text.Json;
using Gateway.Broker.Hosting;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Lab;

/// <summary>Founds a lab's network by the commands that people type: brokers with two operators, applications, sponsors, invitations, nodes, circles.</summary>
internal sealed class LabFounding(LabNetwork network, CommandLine commands)
{
    private const int JoiningAtOnce = 3;

    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan KeyPatience = TimeSpan.FromSeconds(180);

    private LabBook Book => network.Book;

    private LabPlan Plan => network.Book.Plan;

    // All brokers have one log; operators go to the first.
    private string BrokerFolder => Book.Folder.Of(Plan.BrokerNames[0]);

    /// <summary>Makes and starts the brokers and the relay, admits the members, makes and starts their nodes.</summary>
    public async Task FoundNetworkAsync(CancellationToken cancellation)
    {
        if (Plan.HasPostgres)
        {
            string folder = PostgresServer.Make(Book.Folder.Of(LabProcesses.Postgres), Book.Folder.LogOf(LabProcesses.Postgres));
            Book.Change(state => state with { PostgresFolder = folder });
            await network.StartAsync(LabProcesses.Postgres, cancellation);
        }

        await MakeBrokersAsync(cancellation);
        foreach (string broker in Plan.BrokerNames) await network.StartAsync(broker, cancellation);
        await network.StartAsync(LabProcesses.Wires, cancellation);

        // The first three need no sponsors; who comes after them does, and its sponsors' nodes run.
        LabMember[] first = [.. Plan.Members.Take(NetworkState.MembersWithoutSponsors)], sponsors = [.. Plan.Members.Take(NetworkState.SponsorsNeeded)];
        await Task.WhenAll(first.Select(member => JoinAsync(member, [], cancellation)));
        await Parallel.ForEachAsync(Plan.Members.Skip(first.Length), new ParallelOptions { MaxDegreeOfParallelism = JoiningAtOnce, CancellationToken = cancellation }, async (member, token) => await JoinAsync(member, sponsors, token));
    }

    /// <summary>Founds the circles and waits until every member's node can open their keys.</summary>
    public async Task FoundCirclesAsync(CancellationToken cancellation)
    {
        foreach (LabCircle circle in Plan.Circles)
        {
            string[] members = [.. circle.Members.SelectMany(name => new[] { "--member", name })];
            JsonElement proposed = await commands.RunAsync(cancellation, ["circle", "create", circle.Name, "--template", circle.Template ?? circle.Name, "--steward", circle.Steward, .. members, "--dir", BrokerFolder]);
            await ApproveAsync(proposed, null, cancellation);
            ulong size = (await network.CheckpointAsync(Plan.BrokerNames[0], cancellation)).Size;
            foreach (LabMember member in Plan.MembersOf(circle))
            {
                await network.Processes.UntilAsync(member.Folder, KeyPatience, $"The node of {member.Name} does not hear of the circle.", async () => (await network.StatusAsync(member, cancellation)).LogSize >= size, cancellation);
                await commands.RunAsync(cancellation, ["circle", "accept", circle.Name, .. member.Name == circle.Steward ? members : [], "--dir", network.FolderOf(member)]);
            }
        }

        await Task.WhenAll(Plan.Members.Select(member => network.Processes.UntilAsync(
            member.Folder, KeyPatience, $"The circles of {member.Name} have no keys.",
            async () => (await network.StatusAsync(member, cancellation)).Circles.Count(circle => circle.Epoch >= 0) == Plan.CirclesOf(member).Count(),
            cancellation)));
        Book.Change(state => state with { IsFounded = true });
    }

    // The first is made; another one is a copy of its folder that listens elsewhere (docs/postgresql.md).
    private async Task MakeBrokersAsync(CancellationToken cancellation)
    {
        LabBroker first = Book.State.Brokers[0];
        string store = network.StoreOf(Plan.Store, first.Name);
        await commands.RunAsync(cancellation, ["broker", "init", "--dir", BrokerFolder, "--network", Plan.Network, "--listen", ListenOf(first), "--address", first.Address, "--operator", LabNetwork.Operator, "--operator", LabNetwork.SecondOperator, "--unsealed", .. store.Length > 0 ? ["--store", store] : Array.Empty<string>()]);
        foreach (LabBroker other in Book.State.Brokers.Skip(1))
        {
            string folder = Book.Folder.Of(other.Name);
            Copy(BrokerFolder, folder);
            BrokerOptions options = BrokerOptions.Load(folder) with { Listen = ListenOf(other) };
            File.WriteAllBytes(options.Files.Options, options.ToJson());
        }
    }

    // Whoever wants to take part applies; one operator proposes it, members vouch for it, another operator approves it, and the invitation he gives turns the application into a node.
    private async Task JoinAsync(LabMember member, LabMember[] sponsors, CancellationToken cancellation)
    {
        string folder = network.FolderOf(member), application = Book.Folder.Of($"application-{member.Folder}.json"), invitation = Book.Folder.Of($"invitation-{member.Folder}.json");
        await commands.RunAsync(cancellation, "node", "apply", member.Name, "--role", member.Role, "--network", new BrokerFiles(BrokerFolder).Network,
            "--contact", "Alex Example", "--email", "alex@example.org", "--phone", "+49 40 123456", "--dir", folder, "--out", application, "--unsealed");
        JsonElement proposed = await commands.RunAsync(cancellation, "member", "propose", application, "--dir", BrokerFolder);
        foreach (LabMember sponsor in sponsors) await commands.RunAsync(cancellation, "member", "sponsor", member.Name, "--yes", "--dir", network.FolderOf(sponsor));
        await ApproveAsync(proposed, invitation, cancellation);
        await commands.RunAsync(cancellation, "node", "init", "--dir", folder, "--invitation", invitation);
        File.Delete(invitation); // It holds a secret, and is of no more use.
        File.Delete(application);
        network.Settle(member);
        await network.StartAsync(member.Folder, cancellation);
        await network.Processes.UntilAsync(member.Folder, JoinPatience, $"The node of {member.Name} does not reach the broker.", async () => (await network.StatusAsync(member, cancellation)).BrokerConnected, cancellation);
    }

    private Task<JsonElement> ApproveAsync(JsonElement proposed, string? file, CancellationToken cancellation)
    {
        string id = proposed.GetProperty("change_id").GetUInt64().ToString(CultureInfo.InvariantCulture);
        string[] approval = ["change", "approve", id, "--operator", LabNetwork.SecondOperator, "--dir", BrokerFolder];
        return commands.RunAsync(cancellation, file is null ? approval : [.. approval, "--out", file]);
    }

    private static string ListenOf(LabBroker broker) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{broker.Port}");

    /// <summary>Copies a broker's or a node's folder, as closed to others as it is, for another process of the same broker or node.</summary>
    internal static void Copy(string from, string to)
    {
        if (!OperatingSystem.IsWindows()) Directory.CreateDirectory(to, File.GetUnixFileMode(from));
        foreach (string file in Directory.GetFiles(from).Where(file => Path.GetExtension(file) != ".lock")) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (string folder in Directory.GetDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
