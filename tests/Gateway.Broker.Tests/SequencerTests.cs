using System.Security.Cryptography;
using Gateway.Broker.Sequencing;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Broker;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class SequencerTests
{
    [Fact]
    public async Task All_that_waits_goes_into_one_transaction_in_another_order()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Sequencer sequencer = network.Broker.Core.Sequencer;
        FailingDisk disk = network.Broker.Disk!;
        int before = disk.Appends;

        Task reached = disk.Hold();
        Task<LogReceipt> first = sequencer.PublishAsync(Admit(network, network.Seal(network.Steward)));
        await reached;
        Task<LogReceipt>[] waiting = [.. Enumerable.Range(0, 60).Select(_ => sequencer.PublishAsync(Admit(network, network.Seal(network.Steward))))];
        disk.Release();

        LogReceipt firstReceipt = await first;
        LogReceipt[] receipts = await Task.WhenAll(waiting);
        Assert.Equal(before + 2, disk.Appends);
        Assert.All(receipts, receipt => Assert.Equal(receipts[0].Checkpoint, receipt.Checkpoint));
        Assert.All(receipts, receipt => Proofs.AssertProves(network, receipt.ToMessage()));
        ulong[] indexes = [.. receipts.Select(receipt => receipt.Index)];
        Assert.Equal(Enumerable.Range(1, 60).Select(i => firstReceipt.Index + (ulong)i), indexes.Order());
        Assert.NotEqual(indexes.Order(), indexes);
    }

    [Fact]
    public async Task Receipts_of_a_large_batch_are_made_beside_the_next_one_and_prove_the_same()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Sequencer sequencer = network.Broker.Core.Sequencer;
        FailingDisk disk = network.Broker.Disk!;
        int before = disk.Appends;
        AdmittedRecord[] records = [.. Enumerable.Range(0, Sequencer.MaximumBatch + 300).Select(_ => Unchecked(network))];
        Task reached = disk.Hold();
        Task<LogReceipt> first = sequencer.PublishAsync(Admit(network, network.Seal(network.Steward)));
        await reached;
        Task<LogReceipt>[] waiting = [.. records.Select(sequencer.PublishAsync)];
        disk.Release();
        Proofs.AssertProves(network, (await first).ToMessage());
        LogReceipt[] receipts = await Task.WhenAll(waiting);
        Assert.Equal(before + 3, disk.Appends);
        Assert.Equal(2, receipts.DistinctBy(receipt => (object)receipt.Checkpoint, ReferenceEqualityComparer.Instance).Count());
        Assert.Equal(records.Length, receipts.Select(receipt => receipt.Index).Distinct().Count());
        Assert.All(receipts, receipt => Proofs.AssertProves(network, receipt.ToMessage()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_put_together_while_a_batch_was_written_stands_behind_it_or_where_it_failed_in_its_place(bool fails)
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Sequencer sequencer = network.Broker.Core.Sequencer;
        FailingDisk disk = network.Broker.Disk!;
        AdmittedRecord[] records = [.. Enumerable.Range(0, (2 * Sequencer.MaximumBatch) + 100).Select(_ => Unchecked(network))];
        Task reached = disk.Hold();
        Task<LogReceipt> first = sequencer.PublishAsync(Admit(network, network.Seal(network.Steward)));
        await reached;
        Task<LogReceipt>[] waiting = [.. records.Select(sequencer.PublishAsync)];
        disk.Refused = fails ? disk.Appends + 1 : null;
        disk.Release();
        ulong start = (await first).Index + 1;
        await Task.WhenAll(waiting).ContinueWith(_ => { }, TaskScheduler.Default);
        Exception[] told = [.. waiting.Where(one => one.IsFaulted).Select(one => one.Exception!.InnerException!)];
        Assert.Equal(fails ? Sequencer.MaximumBatch : 0, told.Length);
        Assert.All(told, error => Assert.Equal("STORE_UNAVAILABLE", Assert.IsType<RefusalException>(error).Refusal.Code));
        LogReceipt[] receipts = [.. waiting.Where(one => one.IsCompletedSuccessfully).Select(one => one.Result)];
        Assert.Equal(Enumerable.Range(0, receipts.Length).Select(i => start + (ulong)i), receipts.Select(receipt => receipt.Index).Order());
        Assert.All(receipts, receipt => Proofs.AssertProves(network, receipt.ToMessage()));
    }

    [Fact]
    public async Task A_halt_while_a_batch_is_written_lets_that_one_end_and_refuses_the_one_put_together_behind_it()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Sequencer sequencer = network.Broker.Core.Sequencer;
        Task<LogReceipt>[] waiting = await TwoBatchesAsync(network);
        sequencer.Halt(Refusal.Precondition("LOG_HELD", "Held by a test.", "log", "Let it go on."));
        network.Broker.Disk!.Release();
        LogReceipt[] written = await Task.WhenAll(waiting[..Sequencer.MaximumBatch]);
        foreach (Task<LogReceipt> refused in waiting[Sequencer.MaximumBatch..]) Assert.Equal("LOG_HELD", (await Assert.ThrowsAsync<RefusalException>(() => refused)).Refusal.Code);
        Assert.Equal(written.Max(receipt => receipt.Index) + 1, network.Broker.Core.Signal.Size);

        sequencer.GoOn();
        LogReceipt next = await sequencer.PublishAsync(Admit(network, network.Seal(network.Steward)));
        Assert.Equal(written.Max(receipt => receipt.Index) + 1, next.Index);
        Proofs.AssertProves(network, next.ToMessage());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_put_together_ahead_is_committed_though_the_sequencer_ends_or_another_broker_was_quicker(bool ends)
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Task<LogReceipt>[] waiting = await TwoBatchesAsync(network);
        Task ending = ends ? network.Broker.Core.Sequencer.DisposeAsync().AsTask() : Task.CompletedTask;
        if (!ends) network.Broker.Disk!.Overtaken = network.Broker.Disk.Appends;
        network.Broker.Disk!.Release();
        LogReceipt[] receipts = await Task.WhenAll(waiting);
        await ending;
        ulong first = receipts.Min(receipt => receipt.Index);
        Assert.Equal(Enumerable.Range(0, waiting.Length).Select(i => first + (ulong)i), receipts.Select(receipt => receipt.Index).Order());
        Assert.Equal(first + (ulong)waiting.Length, network.Broker.Core.Signal.Size);
        Assert.All(receipts, receipt => Proofs.AssertProves(network, receipt.ToMessage()));
    }

    [Fact]
    public async Task A_full_disk_refuses_everybody_of_the_batch_and_leaves_no_trace()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        LogHead before = await network.Broker.Core.Reader.ReadHeadAsync(CancellationToken.None);
        SealedRecord record = network.Seal(network.Steward), other = network.Seal(network.Second);

        network.Broker.Disk!.IsFull = true;
        ErrorDetail refusal = await network.RefusedAsync(network.Steward, record.Submission);
        Assert.Equal("STORE_UNAVAILABLE", refusal.Code);
        Assert.Equal((uint)StatusCode.Unavailable, refusal.Status);
        RpcException circle = await Assert.ThrowsAsync<RpcException>(() => TestNetwork.FoundCircleAsync(network.Broker, "second", network.Steward, network.Second));
        Assert.Equal(StatusCode.Unavailable, circle.StatusCode);
        Assert.Null(network.Broker.Core.View.Current.FindCircle("second"));
        Assert.Equal(before, await network.Broker.Core.Reader.ReadHeadAsync(CancellationToken.None), (left, right) => left!.Size == right!.Size && left.Note.AsSpan().SequenceEqual(right.Note));

        network.Broker.Disk.IsFull = false;
        Receipt receipt = await network.PublishOneAsync(network.Steward, record);
        Assert.Equal(before.Size, receipt.Index);
        Proofs.AssertProves(network, receipt);
        Proofs.AssertProves(network, await network.PublishOneAsync(network.Second, other));
    }

    [Fact]
    public async Task Every_tree_extends_the_one_before_across_failures_and_restarts()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        List<Checkpoint> checkpoints = [];
        for (int i = 0; i < 6; i++)
        {
            if (i == 3) await network.Broker.RestartAsync();
            network.Broker.Disk!.IsFull = true;
            await network.RefusedAsync(network.Steward, network.Seal(network.Steward).Submission);
            network.Broker.Disk.IsFull = false;
            Receipt receipt = await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
            checkpoints.Add(Proofs.Open(network, receipt.Checkpoint.Span));
        }

        LogService.LogServiceClient log = new(network.Steward.Connect(network.Broker));
        foreach ((Checkpoint older, Checkpoint newer) in checkpoints.Zip(checkpoints.Skip(1)))
        {
            GetConsistencyProofResponse proof = await log.GetConsistencyProofAsync(new GetConsistencyProofRequest { OldSize = older.Size, NewSize = newer.Size });
            Assert.True(MerkleProof.VerifyConsistency(older.Size, newer.Size, older.Root, newer.Root, [.. proof.Hashes.Select(hash => TreeHash.FromBytes(hash.Span))]));
        }
    }

    [Fact]
    public async Task A_record_of_an_epoch_that_ended_since_admission_is_refused()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        AdmittedRecord admitted = Admit(network, network.Seal(network.Steward));
        await network.NextEpochAsync();
        RefusalException refused = await Assert.ThrowsAsync<RefusalException>(() => network.Broker.Core.Sequencer.PublishAsync(admitted));
        Assert.Equal("EPOCH_STALE", refused.Refusal.Code);
    }

    [Fact]
    public async Task The_day_goes_into_the_log_when_it_changes_and_takes_expired_items_with_it()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        UtcDay today = network.Broker.Core.View.Current.Day;
        SealedRecord shortLived = network.Steward.Seal(network.Circle, today);
        Receipt receipt = await network.PublishOneAsync(network.Steward, shortLived);
        Assert.False((await network.ReadFeedAsync(network.Second)).SelectMany(message => message.Leaves).ElementAt((int)receipt.Index).Item.IsEmpty);

        ulong before = network.Broker.Core.Signal.Size;
        await network.Broker.RunDailyWorkAsync();
        Assert.Equal(before, network.Broker.Core.Signal.Size);
        network.Broker.Time.Advance(TimeSpan.FromHours(13));
        await network.Broker.RunDailyWorkAsync();
        await network.Broker.RunDailyWorkAsync();

        Assert.Equal(before + 1, network.Broker.Core.Signal.Size);
        Assert.Equal(today.AddDays(1), network.Broker.Core.View.Current.Day);
        FeedLeaf leaf = (await network.ReadFeedAsync(network.Second)).SelectMany(message => message.Leaves).ElementAt((int)receipt.Index);
        Assert.True(leaf.Item.IsEmpty);
        Assert.Equal(receipt.Entry, leaf.Entry);
    }

    // One batch is being written, and held back there; another whole one waits, and is put together meanwhile.
    private static async Task<Task<LogReceipt>[]> TwoBatchesAsync(TestNetwork network)
    {
        Sequencer sequencer = network.Broker.Core.Sequencer;
        AdmittedRecord[] records = [.. Enumerable.Range(0, 2 * Sequencer.MaximumBatch).Select(_ => Unchecked(network))];
        Task reached = network.Broker.Disk!.Hold();
        Task<LogReceipt> first = sequencer.PublishAsync(Admit(network, network.Seal(network.Steward)));
        await reached;
        Task<LogReceipt>[] waiting = [.. records.Select(sequencer.PublishAsync)];
        await network.Broker.Disk.Step();
        await first;
        return waiting;
    }

    private static AdmittedRecord Admit(TestNetwork network, SealedRecord record) => new(
        record.Id,
        network.Circle.Circle,
        RecordKey.FromBytes(record.Submission.RecordPk.Span),
        network.Steward.Id,
        RecordFormat.IssuanceOf(record.Submission.IssuanceSalt.Span, network.Steward.Id, record.Submission.RecordPk.Span, record.Submission.MemberSignature.Span),
        record.Submission);

    // What the sequencer appends has passed admission: keys and signatures are not looked at again.
    private static AdmittedRecord Unchecked(TestNetwork network)
    {
        byte[] id = RandomNumberGenerator.GetBytes(32), key = RandomNumberGenerator.GetBytes(32);
        Submission submission = new()
        {
            RecordId = ByteString.CopyFrom(id), CircleId = network.Circle.Circle.ToByteString(), Epoch = network.Circle.Epoch, Item = ByteString.CopyFrom(new byte[16]), RecordPk = ByteString.CopyFrom(key),
            MemberSignature = ByteString.CopyFrom(new byte[64]), IssuanceSalt = ByteString.CopyFrom(new byte[32]), ExpiryDay = network.Broker.Core.View.Current.Day.AddDays(30).Number, Signature = ByteString.CopyFrom(new byte[64]),
        };
        return new AdmittedRecord(RecordId.FromBytes(id), network.Circle.Circle, RecordKey.FromBytes(key), network.Steward.Id, new byte[32], submission);
    }
}
