using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Node.Tests.Life;

/// <summary>
/// The whole life of records as a model: whatever is published, withdrawn, rectified, disputed and decided, ended by the broker or by the day, in whatever order nodes read it, with streams that break off and come twice,
/// with restarts and with stores put back from backups, every node ends with the live digest that a dictionary says, and at no moment does a node that screens meet a record that has ended for it.
/// </summary>
public sealed class LifeCycleModelTests
{
    // Every operation of the model; how often each is drawn.
    private enum Operation
    {
        Publish,
        Withdraw,
        Rectify,
        WithdrawByBroker,
        Dispute,
        DisputeIsUpheld,
        DisputeIsRejected,
        DayPasses,
        EpochBegins,
        ItemsAreDeletedAtTheBroker,
        NodeReadsOn,
        StreamBreaksOff,
        StreamComesTwice,
        LogIsAccepted,
        NodeAcknowledges,
        NodeRestarts,
        NodeIsBackedUp,
        BackupIsPutBack,
    }

    private static readonly Gen<(Operation Operation, int Argument)> Step = Gen.Frequency(
        (5, Gen.Constant(Operation.Publish)),
        (3, Gen.Constant(Operation.Withdraw)),
        (2, Gen.Constant(Operation.Rectify)),
        (1, Gen.Constant(Operation.WithdrawByBroker)),
        (3, Gen.Constant(Operation.Dispute)),
        (1, Gen.Constant(Operation.DisputeIsUpheld)),
        (1, Gen.Constant(Operation.DisputeIsRejected)),
        (2, Gen.Constant(Operation.DayPasses)),
        (1, Gen.Constant(Operation.EpochBegins)),
        (1, Gen.Constant(Operation.ItemsAreDeletedAtTheBroker)),
        (6, Gen.Constant(Operation.NodeReadsOn)),
        (2, Gen.Constant(Operation.StreamBreaksOff)),
        (1, Gen.Constant(Operation.StreamComesTwice)),
        (2, Gen.Constant(Operation.LogIsAccepted)),
        (3, Gen.Constant(Operation.NodeAcknowledges)),
        (2, Gen.Constant(Operation.NodeRestarts)),
        (1, Gen.Constant(Operation.NodeIsBackedUp)),
        (1, Gen.Constant(Operation.BackupIsPutBack))).Zip(Gen.Choose(0, 9_999));

    [Fact]
    public void Every_node_ends_with_the_models_live_digest_and_none_ever_meets_what_has_ended() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(25),
        Prop.ForAll(Step.ListOf(30).ToArbitrary(), steps => RunAsync([.. steps]).GetAwaiter().GetResult()));

    // A model that no program fails says nothing: one defect in one node of three must come out.
    [Theory]
    [InlineData(Defect.IgnoresWithdrawals)]
    [InlineData(Defect.ExpiresADayLate)]
    [InlineData(Defect.AppliesReplays)]
    public async Task The_model_finds_out_a_node_with_a_defect(Defect defect)
    {
        for (int run = 0; run < 40; run++)
        {
            try
            {
                await RunAsync([.. Step.ListOf(30).Sample(30, 1).First()], defect);
            }
            catch (Xunit.Sdk.XunitException found)
            {
                Assert.NotNull(found);
                return;
            }
        }

        Assert.Fail($"In 40 runs the model found nothing wrong with a node that {defect}.");
    }

    private static async Task RunAsync((Operation Operation, int Argument)[] steps, Defect defect = Defect.None)
    {
        await using World world = await World.StartAsync(defect);
        foreach ((Operation operation, int argument) in steps)
        {
            await ApplyAsync(world, operation, argument);
            await world.CheckNobodyMeetsWhatHasEndedAsync();
        }

        await world.CheckTheEndAsync();
    }

    private static async Task ApplyAsync(World world, Operation operation, int argument)
    {
        LivingNode node = world.Nodes[argument % world.Nodes.Length];
        int further = argument / world.Nodes.Length;
        switch (operation)
        {
            case Operation.Publish:
                world.Publish(further);
                break;
            case Operation.Withdraw when world.PickLive(further) is { } record:
                world.Withdraw(record, null);
                break;
            case Operation.Rectify when world.PickLive(further) is { } record:
                world.Withdraw(record, world.Publish(further, record));
                break;
            case Operation.WithdrawByBroker when world.PickLive(further) is { } record:
                world.WithdrawByBroker(record);
                break;
            case Operation.Dispute when world.PickLive(further) is { DisputedAt: null } record:
                world.Dispute(record);
                break;
            case Operation.DisputeIsUpheld when world.PickDisputed(further) is { } record:
                world.Decide(record, DisputeDecision.Upheld);
                break;
            case Operation.DisputeIsRejected when world.PickDisputed(further) is { } record:
                world.Decide(record, DisputeDecision.Rejected);
                break;
            case Operation.DayPasses:
                world.BeginDay();
                break;
            case Operation.EpochBegins:
                world.BeginEpoch(further);
                break;
            case Operation.ItemsAreDeletedAtTheBroker:
                world.DeleteItems();
                break;
            case Operation.NodeReadsOn:
                await world.ReadOnAsync(node, further);
                break;
            case Operation.StreamBreaksOff:
                await world.BreakOffAsync(node, further);
                break;
            case Operation.StreamComesTwice:
                await world.SendTwiceAsync(node);
                break;
            case Operation.LogIsAccepted:
                node.Accepted = Math.Max(node.Accepted, Math.Min(node.Core.Log.View.Size, (ulong)further));
                break;
            case Operation.NodeAcknowledges:
                await world.AcknowledgeAsync(node);
                break;
            case Operation.NodeRestarts:
                await node.RestartAsync();
                break;
            case Operation.NodeIsBackedUp:
                await node.BackUpAsync();
                break;
            case Operation.BackupIsPutBack when node.HasBackup:
                await world.RestoreAsync(node);
                break;
        }
    }

    /// <summary>A record as the model knows it.</summary>
    private sealed record Modelled(SealedRecord Sealed, CircleKey Key, ulong At, UtcDay Expiry, int Identifier)
    {
        public ulong? WithdrawnAt { get; set; }

        public ulong? ExpiredAt { get; set; }

        /// <summary>Leaf of the dispute that nobody has decided; null where there is none.</summary>
        public ulong? DisputedAt { get; set; }

        public UtcDay Deadline { get; set; }

        /// <summary>Leaf of the decision of the dispute before.</summary>
        public ulong DecidedAt { get; set; }

        public ulong End => Math.Min(WithdrawnAt ?? ulong.MaxValue, ExpiredAt ?? ulong.MaxValue);

        public bool IsLiveAt(ulong size) => At < size && End >= size;
    }

    private sealed class World : IAsyncDisposable
    {
        private const int Identifiers = 4;
        private const uint DisputeDays = 2;

        private readonly ManualTime _time = ManualTime.Now();
        private readonly List<Modelled> _records = [];
        private readonly (UInt128 Hash, byte[] Evaluation)[] _identifiers = [.. Enumerable.Range(1, Identifiers).Select(number => ((UInt128)(ulong)number << 64 | 7, RandomNumberGenerator.GetBytes(64)))];
        private readonly List<CircleKey>[] _keys;
        private readonly Dictionary<LivingNode, ulong> _reached = [];
        private UtcDay _day;

        private World()
        {
            _day = UtcDay.Of(_time.GetUtcNow());
            Log = new TestLog(_day, SetRules);
            _keys = [[Log.Circle], [Log.AddCircle("customs", SetRules, Log.Steward, Log.Second, Log.Outsider)]];
        }

        public TestLog Log { get; }

        public LivingNode[] Nodes { get; private set; } = [];

        /// <summary>What is wrong with the first node.</summary>
        public required Defect Defect { get; init; }

        public static async Task<World> StartAsync(Defect defect)
        {
            World world = new() { Defect = defect };
            world.Nodes = [await LivingNode.StartAsync(world.Log, world.Log.Steward, world._time, store => BrokenStore.Around(store, defect)), await LivingNode.StartAsync(world.Log, world.Log.Second, world._time), await LivingNode.StartAsync(world.Log, world.Log.Outsider, world._time)];
            foreach (LivingNode node in world.Nodes)
            {
                node.Accepted = 0;
                await node.Core.FollowAsync();
                world._reached[node] = world.Log.Size;
                node.HighWater.Raise(world.Log.Size);
                foreach ((UInt128 hash, byte[] evaluation) in world._identifiers) await node.Core.LearnAsync(hash, evaluation);
                await node.RestartAsync();
            }

            return world;
        }

        public Modelled? PickLive(int argument)
        {
            Modelled[] live = [.. _records.Where(record => record.IsLiveAt(Log.Size))];
            return live.Length == 0 ? null : live[argument % live.Length];
        }

        public Modelled? PickDisputed(int argument)
        {
            Modelled[] disputed = [.. _records.Where(record => record.IsLiveAt(Log.Size) && record.DisputedAt is not null)];
            return disputed.Length == 0 ? null : disputed[argument % disputed.Length];
        }

        public Modelled Publish(int argument, Modelled? inPlaceOf = null)
        {
            int circle = inPlaceOf is null ? argument % 2 : _keys[0].Any(key => key.Circle == inPlaceOf.Key.Circle) ? 0 : 1;
            CircleKey key = _keys[circle][^1];
            int identifier = inPlaceOf?.Identifier ?? argument / 2 % Identifiers;
            UtcDay expiry = _day.AddDays((uint)(argument / 8 % 4));
            SealedRecord record = Log.SealBy(Log.Second, expiry, null, key, new SealIdentifier(1, _identifiers[identifier].Evaluation, OpensRecord: true));
            Modelled modelled = new(record, key, Log.Publish(record, Log.Second, key), expiry, identifier);
            _records.Add(modelled);
            return modelled;
        }

        public void Withdraw(Modelled record, Modelled? replacement)
        {
            using RecordKeys keys = Log.Second.Keys.ForRecord(record.Sealed.Salt);
            WithdrawalReason reason = replacement is null ? WithdrawalReason.Mistake : WithdrawalReason.Rectified;
            End(record, new RecordWithdrawn
            {
                Reason = reason,
                ReplacementId = replacement?.Sealed.Submission.RecordId ?? ByteString.Empty,
                Signature = ByteString.CopyFrom(keys.Signing.Sign(RecordFormat.WithdrawMessage(record.Sealed.Id, reason, replacement?.Sealed.Id))),
            });
        }

        public void WithdrawByBroker(Modelled record) => End(record, new RecordWithdrawn { Reason = WithdrawalReason.Legal, LegalBasis = WithdrawalBasis.CourtOrder });

        public void Dispute(Modelled record)
        {
            record.Deadline = _day.AddDays(DisputeDays);
            Submission about = record.Sealed.Submission;
            Log.Add(new Entry { RecordDisputed = new RecordDisputed { RecordId = about.RecordId, CircleId = about.CircleId, Epoch = about.Epoch, Ground = DisputeGround.WrongParty, DeadlineDay = record.Deadline.Number } }, record.Key.RouteKey);
            record.DisputedAt = Log.Size - 1;
        }

        // With UPHELD the withdrawal follows at once, the broker's, without signature.
        public void Decide(Modelled record, DisputeDecision decision)
        {
            Submission about = record.Sealed.Submission;
            RecordDisputeResolved resolved = new() { RecordId = about.RecordId, CircleId = about.CircleId, Epoch = about.Epoch, DisputedAt = record.DisputedAt!.Value, Decision = decision, Reason = DisputeReason.EvidenceSufficient };
            Log.Add(new Entry { RecordDisputeResolved = Statements.Sign(resolved, Log.GenesisHash.Span, Log.Steward.Id, Log.Steward.Keys.Member) }, record.Key.RouteKey);
            (record.DisputedAt, record.DecidedAt) = (null, Log.Size - 1);
            if (decision == DisputeDecision.Upheld) End(record, new RecordWithdrawn { Reason = WithdrawalReason.DisputeUpheld });
        }

        public void BeginDay()
        {
            _time.Advance(TimeSpan.FromDays(1));
            _day = _day.AddDays(1);
            Log.AddDay(_day);
            foreach (Modelled record in _records.Where(record => record.IsLiveAt(Log.Size - 1) && record.Expiry < _day)) record.ExpiredAt = Log.Size - 1;
            foreach (Modelled record in _records.Where(record => record.IsLiveAt(Log.Size) && record.DisputedAt is not null && record.Deadline < _day).ToArray()) End(record, new RecordWithdrawn { Reason = WithdrawalReason.DisputeOverdue });
        }

        public void BeginEpoch(int argument)
        {
            List<CircleKey> keys = _keys[argument % 2];
            TestParty[] members = argument % 2 == 0 ? [Log.Steward, Log.Second] : [Log.Steward, Log.Second, Log.Outsider];
            keys.Add(Log.AddEpoch(keys[0].Circle, (uint)keys.Count, members));
        }

        // As an honest broker does: a withdrawn record's leaf names the withdrawal, an expired one's explains itself.
        public void DeleteItems()
        {
            foreach (Modelled record in _records.Where(record => !record.IsLiveAt(Log.Size)))
            {
                Log[(int)record.At] = Log[(int)record.At] with { Item = ByteString.Empty, WithdrawnAt = record.WithdrawnAt ?? 0 };
            }
        }

        public async Task ReadOnAsync(LivingNode node, int argument)
        {
            ulong left = Log.Size - node.Core.Log.View.Size;
            if (left == 0) return;
            await node.Core.FollowAsync(node.Core.Log.View.Size + 1 + ((ulong)argument % left));
            _reached[node] = Math.Max(_reached[node], node.Core.Log.View.Size);
            node.HighWater.Raise(_reached[node]);
        }

        // A batch without its end is not applied; one whose checkpoint is of another size neither.
        public async Task BreakOffAsync(LivingNode node, int argument)
        {
            ulong from = node.Core.Log.View.Size;
            if (Log.Size - from < 2) return;
            FeedBatch whole = Log.Batch(node.Core.Party, from);
            FeedBatch cut = whole with { Leaves = [.. whole.Leaves.Take(1 + (argument % (whole.Leaves.Count - 1)))] };
            await Assert.ThrowsAsync<FeedFaultException>(() => node.Core.Log.ApplyAsync(cut, CancellationToken.None));
            Assert.Equal(from, node.Core.Log.View.Size);
        }

        public async Task SendTwiceAsync(LivingNode node)
        {
            FeedBatch batch = Log.Batch(node.Core.Party, node.Core.Log.View.Size);
            if (batch.Leaves.Count == 0) return;
            await node.Core.Log.ApplyAsync(batch, CancellationToken.None);
            if (Defect == Defect.AppliesReplays && node == Nodes[0])
            {
                // Such a node's log goes its own way from here on: the end comes at once.
                await node.Core.Log.ApplyAsync(Log.Replay(batch), CancellationToken.None);
                await CheckTheEndAsync();
            }

            await Assert.ThrowsAsync<FeedFaultException>(() => node.Core.Log.ApplyAsync(batch, CancellationToken.None));
            _reached[node] = Math.Max(_reached[node], node.Core.Log.View.Size);
            node.HighWater.Raise(_reached[node]);
        }

        public async Task AcknowledgeAsync(LivingNode node)
        {
            node.Wire.Taken.Clear();
            await node.Acknowledger.RunAsync(CancellationToken.None);
            foreach (AcknowledgeRequest request in node.Wire.Taken) CheckStatement(node, request);
        }

        public async Task RestoreAsync(LivingNode node)
        {
            await node.RestoreAsync();
            Assert.Equal(node.Core.Log.View.Size < _reached[node], node.Age.IsBehind);
        }

        public async Task CheckNobodyMeetsWhatHasEndedAsync()
        {
            foreach (LivingNode node in Nodes)
            {
                if (node.Age.IsBehind)
                {
                    // It screens nothing, and says why.
                    Assert.Equal("STORE_BEHIND", Assert.Throws<RefusalException>(node.Age.RequireCurrent).Refusal.Code);
                    continue;
                }

                ulong size = node.Core.Log.View.Size;
                for (int identifier = 0; identifier < Identifiers; identifier++)
                {
                    RecordId[] live = [.. ReadBy(node).Where(record => record.Identifier == identifier && record.IsLiveAt(size)).Select(record => record.Sealed.Id)];
                    IReadOnlySet<RecordId> met = await node.MetByAsync(_identifiers[identifier].Hash);
                    Assert.True(met.IsSubsetOf(live), $"{node.Core.Party.Name} meets what has ended below {size}");

                    // A dispute shows at every node that has read it, until one has read its decision.
                    Assert.All(
                        ReadBy(node).Where(record => record.Identifier == identifier && record.IsLiveAt(size) && record.DecidedAt < size && (record.DisputedAt ?? 0) < size),
                        record => Assert.Equal(record.DisputedAt is not null, node.Core.Disputes.Find(record.Sealed.Id)?.IsOpen ?? false));

                    // What is live is met, but for items that the broker no longer has: those are of records that have ended further on.
                    Assert.All(live.Except(met), id => Assert.True(_records.Single(record => record.Sealed.Id == id).End < Log.Size));
                }
            }
        }

        public async Task CheckTheEndAsync()
        {
            foreach (LivingNode node in Nodes)
            {
                if (node.Core.Log.View.Size < Log.Size) await node.Core.FollowAsync();
                _reached[node] = Log.Size;
                Assert.False(node.Age.IsBehind);
                node.Accepted = node.Core.Log.View.Size;
                node.Wire.Taken.Clear();
                await node.RestartAsync();
                Assert.Null(await Xunit.Record.ExceptionAsync(() => node.Acknowledger.RunAsync(CancellationToken.None)));
                CheckStatement(node, Assert.Single(node.Wire.Taken));
                Assert.Equal(Log.Size, node.Wire.Taken.Single().Size);
                Assert.Equal(0, await node.Core.Store.CountEndingsAsync(CancellationToken.None));
                Assert.DoesNotContain(await node.Core.AlarmsAsync(), alarm => alarm.Status == Grpc.Core.StatusCode.DataLoss);
            }

            await CheckNobodyMeetsWhatHasEndedAsync();
        }

        public async ValueTask DisposeAsync()
        {
            foreach (LivingNode node in Nodes) await node.DisposeAsync();
        }

        private static void SetRules(CirclePolicy policy) => policy.Disputes = new DisputeRules { DeadlineDays = DisputeDays, DeskIds = { policy.StewardId } };

        private IEnumerable<Modelled> ReadBy(LivingNode node) => _records.Where(record => node.Core.Party != Log.Outsider || record.Key.Circle == _keys[1][0].Circle);

        private void CheckStatement(LivingNode node, AcknowledgeRequest request)
        {
            DeletionStatement expected = new(
                request.Size,
                Log.RootAt(request.Size),
                [
                    .. _keys.Select(keys => keys[0].Circle).Where(circle => node.Core.Party != Log.Outsider || circle == _keys[1][0].Circle).OrderBy(circle => circle.ToString(), StringComparer.Ordinal)
                        .Select(circle => (circle, LiveDigest.Of(_records.Where(record => record.Key.Circle == circle && record.IsLiveAt(request.Size)).Select(record => record.Sealed.Id)))),
                ]);
            Assert.Equal(expected.Circles.Select(circle => (circle.Circle.ToByteString(), ByteString.CopyFrom(circle.Digest.ToArray()))), request.Circles.Select(circle => (circle.CircleId, circle.Digest)));
            Assert.True(expected.IsSignedBy(node.Core.Party.Keys.Node.PublicKey, request.Signature.Span));
        }

        private void End(Modelled record, RecordWithdrawn withdrawal)
        {
            withdrawal.RecordId = record.Sealed.Submission.RecordId;
            withdrawal.CircleId = record.Sealed.Submission.CircleId;
            withdrawal.Epoch = record.Sealed.Submission.Epoch;
            Log.Add(new Entry { RecordWithdrawn = withdrawal }, record.Key.RouteKey);
            record.WithdrawnAt = Log.Size - 1;
        }
    }
}
