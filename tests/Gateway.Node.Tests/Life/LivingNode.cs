using Gateway.Node.Life;
using Gateway.Node.Screening;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Node.Tests.Life;

/// <summary>A node without network that carries out the end of records: real store, log, matcher and acknowledger, and a mark of how far it has come beside the store.</summary>
internal sealed class LivingNode : IAsyncDisposable
{
    private readonly string _backups = Directory.CreateTempSubdirectory("gw-backup-").FullName;

    private LivingNode(TestCore core) => Core = core;

    public TestCore Core { get; }

    public AcknowledgementWire Wire { get; } = new();

    public ulong Accepted { get; set; } = ulong.MaxValue;

    public HighWater HighWater { get; private set; } = null!;

    public StoreAge Age { get; private set; } = null!;

    public Acknowledger Acknowledger { get; private set; } = null!;

    public HitOpener Opener { get; private set; } = null!;

    public bool HasBackup => File.Exists(Path.Combine(_backups, "node.db"));

    public static async Task<LivingNode> StartAsync(TestLog log, TestParty party, ManualTime time, Func<INodeStore, INodeStore>? through = null)
    {
        LivingNode node = new(await TestCore.StartAsync(log, party, time, through: through));
        node.Compose();
        return node;
    }

    public async Task RestartAsync(Action? meanwhile = null)
    {
        Acknowledger.Dispose();
        await Core.RestartAsync(meanwhile);
        Compose();
    }

    /// <summary>Stops, keeps a copy of the store, starts.</summary>
    public Task BackUpAsync() => RestartAsync(() =>
    {
        foreach (string file in Directory.GetFiles(_backups)) File.Delete(file);
        foreach (string file in Directory.GetFiles(Core.Folder, "node.db*")) File.Copy(file, Path.Combine(_backups, Path.GetFileName(file)));
    });

    /// <summary>Stops, puts the copy of the store back, and nothing else; starts.</summary>
    public Task RestoreAsync() => RestartAsync(() =>
    {
        foreach (string file in Directory.GetFiles(Core.Folder, "node.db*")) File.Delete(file);
        File.Delete(Path.Combine(Core.Folder, "node.index"));
        foreach (string file in Directory.GetFiles(_backups)) File.Copy(file, Path.Combine(Core.Folder, Path.GetFileName(file)));
    });

    /// <summary>The records that an identifier meets and that open, by their ids.</summary>
    public async Task<IReadOnlySet<RecordId>> MetByAsync(UInt128 hash)
    {
        HashSet<RecordId> met = [];
        foreach (int number in Core.Matcher.Known.HitsOf(hash).ToArray())
        {
            Opening opening = await Opener.OpenAsync(number, [new MetIdentifier(1, hash)], CancellationToken.None);
            if (opening.Hit is { } hit) met.Add(hit.Record.Record.Id);
        }

        return met;
    }

    public async ValueTask DisposeAsync()
    {
        Acknowledger.Dispose();
        await Core.DisposeAsync();
        Directory.Delete(_backups, recursive: true);
    }

    private void Compose()
    {
        HighWater = HighWater.Load(Path.Combine(Core.Folder, "high-water"), Core.Party.Keys);
        Age = new StoreAge(HighWater, () => Core.Log.View);
        Core.Log.Ending = Age.Mark;
        AlarmBell alarms = new(Core.Store, Core.Time, NullLogger<AlarmBell>.Instance);
        Opener = new HitOpener(Core.Store, Core.Matcher, () => Core.Log.View, alarms, Core.Party.Id, Core.Time);
        Acknowledger = new Acknowledger(
            Core.Store, Core.Log, () => Accepted, Core.Party.Id, Core.Party.Keys, Wire, Age, new EpochRetirement(Core.Store, Core.Log, Core.Matcher, Core.Time), Opener, alarms, Core.Time, NullLogger<Acknowledger>.Instance);
    }
}
