using Gateway.Cryptography;
using Gateway.Node.Cases;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Node.Tests.Building;
using Gateway.Node.Watch;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;

namespace Gateway.Node.Tests.Cases;

/// <summary>How long cases are kept.</summary>
public sealed class CaseKeepingTests
{
    [Fact]
    public async Task An_unused_case_is_closed_and_a_closed_one_deleted_after_the_days_of_the_setting()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("gw-cases-");
        ManualTime time = ManualTime.Now();
        using MemberKeys keys = MemberKeys.FromSeed(RandomSource.System.GetBytes(MemberKeys.SeedSize));
        try
        {
            await using SqliteNodeStore store = await SqliteNodeStore.OpenAsync(Path.Combine(folder.FullName, "store.db"), time, CancellationToken.None);
            CaseVault vault = new(new WatchSeal(keys, RandomSource.System));
            NodeSettings settings = new() { Network = "node.test", Broker = "https://localhost:1", GenesisHash = new string('0', 64), MemberId = new string('0', 32), Name = "node", CaseDays = 100 };
            CaseKeeping keeping = new(store, vault, settings, new CaseSignals(time), () => NodeView.Empty, time);
            ThreadId thread = ThreadId.FromBytes(RandomSource.System.GetBytes(ThreadId.Size));
            StoredCase opened = new() { Thread = thread, Role = (int)CaseRole.Referrer, Record = default, Sealed = vault.Seal(thread, new RememberedCase()), OpenedAt = time.GetUtcNow(), ChangedAt = time.GetUtcNow() };
            await store.Cases.AddOwnAsync(opened, new StoredCaseMessage { Own = true, Counter = 1, State = CaseMessageStatus.Queued, Hash = new byte[32], Sealed = [], At = time.GetUtcNow() }, [], [], CancellationToken.None);

            Assert.Equal(CaseClosing.Unspecified, await AfterAsync(99));
            Assert.Equal(CaseClosing.Unused, await AfterAsync(1));
            Assert.Equal(CaseClosing.Unused, await AfterAsync(99));
            Assert.Null(await AfterAsync(1));
            Assert.Empty(await store.Cases.CountMessagesAsync(CancellationToken.None));

            async Task<CaseClosing?> AfterAsync(int days)
            {
                time.Advance(TimeSpan.FromDays(days));
                await keeping.RunAsync(CancellationToken.None);
                return (CaseClosing?)(await store.Cases.FindCaseAsync(1, CancellationToken.None))?.Closing;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
