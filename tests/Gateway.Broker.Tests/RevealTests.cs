using Gateway.Broker.Tests.Evaluators;
using Gateway.Cryptography;
using Gateway.Protocol.Log;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Broker.Tests;

public sealed class RevealTests
{
    [Fact]
    public async Task Two_operators_trace_a_record_and_anybody_can_check_the_answer()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Second);
        Receipt receipt = await network.PublishOneAsync(network.Second, record);
        ulong before = network.Broker.Core.Signal.Size;
        ApproveChangeResponse approved = await network.Broker.DecideAsync(Trace(record));
        ContributorProof proof = approved.Contributor;
        Assert.Equal((receipt.Index, ByteString.CopyFrom(network.Second.Id.ToArray())), (proof.Record.Receipt.Index, proof.MemberId));
        Assert.Null(ContributorProofs.FindFault(proof, network.Broker.GenesisHash, out MemberJoined? contributor));
        Assert.Equal("Second Retail", contributor!.Name);

        // What everybody sees of it: that the record was traced, and why; not to whom.
        Assert.Equal(before, approved.Change.Index);
        Entry entry = (await network.ReadFeedAsync(network.Outsider, before)).SelectMany(message => message.Leaves).Select(leaf => Entry.Parser.ParseFrom(leaf.Entry)).First();
        Assert.Equal((ByteString.CopyFrom(record.Id.ToArray()), RevealReason.Misbound), (entry.Reveal.RecordId, entry.Reveal.Reason));
        Assert.Equal("reports 12 to 15", approved.Change.Change.Reveal.CaseReference);
    }

    [Fact]
    public async Task One_operator_alone_traces_nothing()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Second);
        await network.PublishOneAsync(network.Second, record);
        ulong before = network.Broker.Core.Signal.Size;
        ChangeRecord proposed = await network.Broker.ProposeAsync(Trace(record));
        Assert.Equal("OWN_CHANGE", await SharingTests.RefusedAsync(() => network.Broker.Operator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id }).ResponseAsync));
        Assert.Equal(before, network.Broker.Core.Signal.Size);
    }

    [Fact]
    public async Task No_answer_is_given_where_the_log_cannot_say_so()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Second);
        await network.PublishOneAsync(network.Second, record);
        ChangeRecord proposed = await network.Broker.ProposeAsync(Trace(record));
        network.Broker.Disk!.IsFull = true;
        Assert.Equal("STORE_UNAVAILABLE", await SharingTests.RefusedAsync(() => network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id }).ResponseAsync));
        network.Broker.Disk.IsFull = false;
        Assert.NotNull((await network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id })).Contributor);
    }

    [Fact]
    public async Task A_forged_opening_does_not_hold()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Second), other = network.Seal(network.Steward);
        await network.PublishOneAsync(network.Second, record);
        await network.PublishOneAsync(network.Steward, other);
        ContributorProof proof = (await network.Broker.DecideAsync(Trace(record))).Contributor, others = (await network.Broker.DecideAsync(Trace(other))).Contributor;
        (string What, Action<ContributorProof> Forge)[] forgeries =
        [
            ("another member", forged => (forged.MemberId, forged.Member) = (others.MemberId, others.Member)),
            ("another member's id alone", forged => forged.MemberId = others.MemberId),
            ("another member's entry alone", forged => forged.Member = others.Member),
            ("another salt", forged => forged.Salt = others.Salt),
            ("another signature", forged => forged.MemberSignature = others.MemberSignature),
            ("another record's commitment", forged => forged.Issuance = others.Issuance),
            ("another record", forged => (forged.RecordId, forged.RecordPk) = (others.RecordId, others.RecordPk)),
            ("another record's entry", forged => forged.Record = others.Record),
            ("an opening of its own, of another commitment", forged => forged.Issuance = ByteString.CopyFrom(RecordFormat.IssuanceOf(others.Salt.Span, Gateway.Protocol.MemberId.FromBytes(others.MemberId.Span), forged.RecordPk.Span, forged.MemberSignature.Span))),
            ("an entry that is in no log", forged => forged.Record = Change(forged.Record, entry => entry.RecordPublished.Issuance = others.Issuance)),
            ("another leaf", forged => forged.Record.LeafData = others.Record.LeafData),
            ("another place", forged => forged.Record.Receipt.Index++),
            ("a checkpoint nobody signed", forged => forged.Record.Receipt.Checkpoint = ByteString.CopyFrom([.. forged.Record.Receipt.Checkpoint.Span[..^4], .. "AAA\n"u8])),
            ("a short salt", forged => forged.Salt = ByteString.CopyFrom(1)),
            ("no entry", forged => forged.Record = null),
            ("another network", forged => forged.Genesis = ByteString.CopyFrom([.. forged.Genesis.Span, 0])),
        ];
        foreach ((string what, Action<ContributorProof> forge) in forgeries)
        {
            ContributorProof forged = proof.Clone();
            forge(forged);
            Assert.True(ContributorProofs.FindFault(forged, network.Broker.GenesisHash, out MemberJoined? contributor) is { Length: > 0 }, what);
            Assert.Null(contributor);
        }

        Assert.NotNull(ContributorProofs.FindFault(proof, new byte[32], out _));
        Assert.Null(ContributorProofs.FindFault(proof, network.Broker.GenesisHash, out _));
    }

    [Fact]
    public async Task Few_records_are_traced_a_day_and_each_for_a_case()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Second);
        await network.PublishOneAsync(network.Second, record);
        Change noCase = Trace(record), noReason = Trace(record), unknown = Trace(record);
        noCase.Reveal.CaseReference = " ";
        noReason.Reveal.Reason = RevealReason.Unspecified;
        unknown.Reveal.RecordId = ByteString.CopyFrom(RandomSource.System.GetBytes(32));
        Assert.Equal("CASE_REFERENCE_INVALID", await SharingTests.RefusedAsync(() => network.Broker.ProposeAsync(noCase)));
        Assert.Equal("REASON_INVALID", await SharingTests.RefusedAsync(() => network.Broker.ProposeAsync(noReason)));
        Assert.Equal("RECORD_UNKNOWN", await SharingTests.RefusedAsync(() => network.Broker.ProposeAsync(unknown)));

        for (int i = 0; i < network.Broker.Options.RevealsPerDay; i++) await network.Broker.DecideAsync(Trace(record));
        ulong before = network.Broker.Core.Signal.Size;
        Assert.Equal("REVEALS_EXHAUSTED", await SharingTests.RefusedAsync(() => network.Broker.DecideAsync(Trace(record))));
        Assert.Equal(before, network.Broker.Core.Signal.Size);
        await network.Broker.RestartAsync();
        Assert.Equal("REVEALS_EXHAUSTED", await SharingTests.RefusedAsync(() => network.Broker.DecideAsync(Trace(record))));
        network.Broker.Time.Advance(TimeSpan.FromHours(25));
        Assert.NotNull((await network.Broker.DecideAsync(Trace(record))).Contributor);
    }

    private static Change Trace(SealedRecord record) =>
        new() { Reveal = new RevealChange { RecordId = ByteString.CopyFrom(record.Id.ToArray()), Reason = RevealReason.Misbound, CaseReference = "reports 12 to 15" } };

    private static ProvenEntry Change(ProvenEntry proven, Action<Entry> change)
    {
        ProvenEntry changed = proven.Clone();
        Entry entry = Entry.Parser.ParseFrom(changed.Receipt.Entry);
        change(entry);
        changed.Receipt.Entry = entry.ToByteString();
        changed.LeafData = ByteString.CopyFrom(LeafData.Of(0, null, changed.Receipt.Salt.Span, changed.Receipt.Entry.Span));
        return changed;
    }
}
