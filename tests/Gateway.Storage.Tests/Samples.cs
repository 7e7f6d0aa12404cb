using System.Security.Cryptography;
using System.Text;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Storage.Tests;

/// <summary>Builds rows that are distinct and the same at every run: all bytes come from a name and a number.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static byte[] Bytes(string name, long number, int length)
    {
        byte[] bytes = new byte[length];
        Span<byte> block = stackalloc byte[32];
        for (int offset = 0; offset < length; offset += block.Length)
        {
            SHA256.HashData(Encoding.UTF8.GetBytes($"{name}/{number}/{offset}"), block);
            block[..Math.Min(block.Length, length - offset)].CopyTo(bytes.AsSpan(offset));
        }

        return bytes;
    }

    public static CircleId Circle(int number) => CircleId.FromBytes(Bytes("circle", number, 16));

    public static MemberId Member(int number) => MemberId.FromBytes(Bytes("member", number, 16));

    public static RecordId Record(long number) => RecordId.FromBytes(Bytes("record", number, 32));

    public static UInt128 Hash(int number) => Tag(number).ToUInt128();

    public static Tag Tag(int number) => Protocol.Tag.FromBytes(Bytes("tag", number, 16));

    public static LogHead Head(ulong size) => new(size, Bytes("note", (long)size, 200));

    public static BrokerLeaf DayLeaf(ulong index) => new(
        index, Bytes("leaf", (long)index, 49), Bytes("salt", (long)index, 16), new Entry { Day = new Day { Day_ = (uint)index } }.ToByteArray(), Entry.ContentOneofCase.Day, null, 0, null);

    public static BrokerLeaf RecordLeaf(ulong index, int circle = 1, int itemSize = 1100) => new(
        index,
        Bytes("leaf", (long)index, 49),
        Bytes("salt", (long)index, 16),
        RecordEntry(index),
        Entry.ContentOneofCase.RecordPublished,
        Circle(circle),
        3,
        Bytes("item", (long)index, itemSize));

    public static BrokerLeaf WithdrawalLeaf(ulong index, RecordId record) => new(
        index,
        Bytes("leaf", (long)index, 49),
        Bytes("salt", (long)index, 16),
        new Entry { RecordWithdrawn = new RecordWithdrawn { RecordId = ByteString.CopyFrom(record.ToArray()) } }.ToByteArray(),
        Entry.ContentOneofCase.RecordWithdrawn,
        Circle(1),
        3,
        null);

    public static byte[] RecordEntry(ulong index) => new Entry
    {
        RecordPublished = new RecordPublished { RecordId = ByteString.CopyFrom(Record((long)index).ToArray()), Signature = ByteString.CopyFrom(Bytes("signature", (long)index, 64)) },
    }.ToByteArray();

    public static PublishedRecord Published(ulong index, int circle = 1, uint expiry = 30000) => new()
    {
        Id = Record((long)index),
        Index = index,
        Circle = Circle(circle),
        Epoch = 3,
        RecordKey = RecordKey.FromBytes(Bytes("record key", (long)index, 32)),
        Expiry = new UtcDay(expiry),
        Contributor = Member(2),
        IssuanceSalt = Bytes("issuance salt", (long)index, 32),
        MemberSignature = Bytes("member signature", (long)index, 64),
        ReceiptSize = index + 1,
    };

    public static LogAppend Append(params BrokerLeaf[] leaves) => new()
    {
        Leaves = leaves,
        Tiles = [(new TileId(0, 0), Bytes("tile", (long)leaves[^1].Index, 32 * ((int)leaves[^1].Index + 1)))],
        Head = Head(leaves[^1].Index + 1),
        Records = [.. leaves.Where(leaf => leaf.Kind == Entry.ContentOneofCase.RecordPublished).Select(leaf => Published(leaf.Index))],
    };

    public static Invitation Invitation(int number) => new(Bytes("token", number, 32), number, Member(number), $"Zoll Süd {number}", MemberRole.Customs, Bytes("statement", number, 200), Noon.AddDays(7));

    /// <summary>An invitation as it comes into a store: by an admission that one operator proposed and another approved.</summary>
    public static async Task<Invitation> AddInvitationAsync(this IBrokerStore store, int number)
    {
        long change = await store.Changes.AddAsync(new ProposedChange(Change.KindOneofCase.Admission, Bytes("change", number, 40), "ann", Noon, Noon.AddDays(7)), CancellationToken.None);
        Invitation invitation = Invitation(number) with { Change = change };
        await store.Changes.DecideAsync(new ChangeDecision(change, ChangeState.Executed, "bob", Noon) { Invitation = invitation }, CancellationToken.None);
        return invitation;
    }

    public static LoggedLeaf Leaf(ulong index) => new(index, Bytes("leaf", (long)index, 49), Bytes("salt", (long)index, 16), RecordEntry(index));

    public static NodeRecord NodeRecord(int number, NodeRecordState state = NodeRecordState.Live, uint expiry = 30000, int circle = 1) => new()
    {
        Number = number,
        Id = Record(number),
        Index = (ulong)number,
        Circle = Circle(circle),
        Epoch = 3,
        RecordKey = Bytes("record key", number, 32),
        Expiry = new UtcDay(expiry),
        State = state,
        Fault = state == NodeRecordState.Quarantined ? "signature" : null,
        WithdrawnAt = state == NodeRecordState.AwaitingWithdrawal ? (ulong)number + 100 : null,
        Item = state == NodeRecordState.AwaitingWithdrawal ? null : Bytes("item", number, 1100),
        Tags = state == NodeRecordState.AwaitingWithdrawal ? [] : Bytes("tags", number, 16 * 24),
    };

    public static FeedApply Apply(ulong from, int count) => new()
    {
        Leaves = [.. Enumerable.Range(0, count).Select(offset => Leaf(from + (ulong)offset))],
        Tiles = [(new TileId(0, 0), Bytes("tile", (long)from, 32))],
        Head = Head(from + (ulong)count),
    };

    public static KnownIdentifier Known(int number, params int[] records) => new(1, Hash(number), Bytes("sealed", number, 104), new UtcDay(20000))
    {
        Tags = [new KnownTag(Tag(1000 + number), Hash(number), Circle(1), 3)],
        Records = records,
    };

    public static OutboxRow Draft(string reference, int content = 1, int circle = 1) => new()
    {
        Circle = Circle(circle),
        Reference = reference,
        ContentHash = Bytes("content", content, 32),
        State = OutboxState.Draft,
        Draft = Bytes("draft", content, 300),
        CreatedAt = Noon.AddSeconds(content),
    };

    public static OutboxWithdrawal Withdrawal(int number) => new(Record(number), Bytes("withdraw", number, 150), null, null, Noon);

    public static StoredCircleOrder Order(int member, int circle = 1, CircleMemberChange change = CircleMemberChange.Added) =>
        new(Circle(circle), Member(member), change, 3, change == CircleMemberChange.Removed ? MembershipReason.RulesBroken : MembershipReason.Unspecified, Noon);

    public static StoredAlarm Alarm(int number) => new(Noon.AddMinutes(number), Bytes("error", number, 60), Bytes("evidence", number, 400));

    public static async Task<List<T>> ToListAsync<T>(this IAsyncEnumerable<T> rows)
    {
        var list = new List<T>();
        await foreach (T row in rows)
        {
            list.Add(row);
        }

        return list;
    }
}
