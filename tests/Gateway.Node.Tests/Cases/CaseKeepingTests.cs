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
using Microsoft.Extensions.Logging.Abstractions;

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
            CaseKeeping keeping = new(store, vault, settings, new CaseSignals(time), () => NodeView.Empty, new AlarmBell(store, time, NullLogger<AlarmBell>.Instance), time);
            ThreadId thread = ThreadId.FromBytes(RandomSource.System.GetBytes(ThreadId.Size));
            ThreadId other = ThreadId.FromBytes(RandomSource.System.GetBytes(ThreadId.Size));
            StoredCase damaged = new() { Thread = other, Role = (int)CaseRole.Referrer, Record = default, Sealed = new byte[100], OpenedAt = time.GetUtcNow(), ChangedAt = time.GetUtcNow() };
            StoredCase opened = new() { Thread = thread, Role = (int)CaseRole.Referrer, Record = default, Sealed = vault.Seal(thread, new RememberedCase()), OpenedAt = time.GetUtcNow(), ChangedAt = time.GetUtcNow() };
            await store.Cases.AddOwnAsync(damaged, new StoredCaseMessage { Own = true, Counter = 1, State = CaseMessageStatus.Refused, Hash = new byte[32], Sealed = [], At = time.GetUtcNow() }, [], [], CancellationToken.None);
            await store.Cases.AddOwnAsync(opened, new StoredCaseMessage { Own = true, Counter = 1, State = CaseMessageStatus.Queued, Hash = new byte[32], Sealed = [], At = time.GetUtcNow() }, [], [], CancellationToken.None);

            // The case that does not open is told of and keeps no other from its end.
            Assert.Equal(CaseClosing.Unspecified, await AfterAsync(99));
            Assert.Contains("STORE_CORRUPT", (await store.ReadAlarmsAsync(10, CancellationToken.None)).Select(alarm => ErrorDetail.Parser.ParseFrom(alarm.Error).Code));
            Assert.Equal(CaseClosing.Unused, await AfterAsync(1));
            Assert.Equal(CaseClosing.Unused, await AfterAsync(99));
            Assert.Null(await AfterAsync(1));
            Assert.Equal([CaseMessageStatus.Refused], (await store.Cases.CountMessagesAsync(CancellationToken.None)).Keys);

            async Task<CaseClosing?> AfterAsync(int days)
            {
                time.Advance(TimeSpan.FromDays(days));
                await keeping.RunAsync(CancellationToken.None);
                return (CaseClosing?)(await store.Cases.FindCaseAsync(thread, CancellationToken.None))?.Closing;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
