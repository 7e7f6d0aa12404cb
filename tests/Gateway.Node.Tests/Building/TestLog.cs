using System.Security.Cryptography;
using Gateway.Broker.Evaluators;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Node.Tests.Building;

/// <summary>
/// A log written leaf by leaf, as an honest broker would or as a hostile one could: a steward and a second retailer in a circle, a customs administration outside it.
/// </summary>
internal sealed class TestLog
{
    public const string Network = "test.example";

    private readonly SigningKey _logKey = SigningKey.FromSeed(RandomNumberGenerator.GetBytes(32));
    private readonly List<Leaf> _leaves = [];
    private readonly List<CircleKey> _keys = [];
    private readonly byte[] _genesisHash;
    private NetworkState _state = NetworkState.Empty;

    public TestLog(UtcDay day, Action<CirclePolicy>? policy = null, params string[] evaluators)
    {
        Day = day;
        foreach (string name in evaluators.Length == 0 ? ["broker"] : evaluators) Evaluators[name] = OprfShare.Derive(RandomNumberGenerator.GetBytes(OprfShare.SeedSize), 1, RandomSource.System);
        Entry genesis = new() { Genesis = new Genesis { Network = Network, LogPk = ByteString.CopyFrom(_logKey.PublicKey.ToArray()), Day = day.Number } };
        _genesisHash = NetworkState.HashGenesis(genesis.ToByteArray());
        Add(genesis);
        foreach (TestParty party in new[] { Steward, Second, Outsider }) Add(new Entry { MemberJoined = Statements.Sign(party.Joined, _genesisHash, party.Id, party.Keys.Member) });
        OprfKeys keys = new() { Version = 1 };
        foreach ((string name, OprfShare evaluator) in Evaluators)
        {
            keys.Evaluators.Add(evaluator.ToKeys(name, name == "broker" ? "" : "https://localhost:1"));
        }

        Add(new Entry { OprfKeys = keys });
        Circle = AddCircle("retail", policy, Steward, Second);
    }

    public TestParty Steward { get; } = new("Steward Retail", MemberRole.Retailer);

    public TestParty Second { get; } = new("Second Retail", MemberRole.Retailer);

    public TestParty Outsider { get; } = new("Outside Customs", MemberRole.Customs);

    /// <summary>The network as an honest node has it after this log.</summary>
    public NetworkState State => _state;

    /// <summary>When what held in the circles, by what an honest node believes of this log.</summary>
    public CircleHistory History { get; private set; } = CircleHistory.Empty;

    public SortedDictionary<string, OprfShare> Evaluators { get; } = [];

    /// <summary>Randomness of sealing.</summary>
    public RandomSource Random { get; set; } = RandomSource.System;

    public CircleKey Circle { get; set; }

    public UtcDay Day { get; }

    public ReadOnlyMemory<byte> GenesisHash => _genesisHash;

    public ulong Size => (ulong)_leaves.Count;

    public Leaf this[int index]
    {
        get => _leaves[index];
        set => _leaves[index] = value;
    }

    /// <summary>Founds a circle with its epoch 0.</summary>
    public CircleKey AddCircle(string name, Action<CirclePolicy>? change, params TestParty[] founders)
    {
        CircleId id = CircleId.FromBytes(RandomNumberGenerator.GetBytes(16));
        CirclePolicy policy = new()
        {
            CircleId = ByteString.CopyFrom(id.ToArray()),
            Name = name,
            Purpose = "Test",
            LegalBasis = "Test",
            StewardId = founders[0].IdBytes,
            FoundingMemberIds = { founders.Select(founder => founder.IdBytes) },
            PublishingRoles = { MemberRole.Retailer, MemberRole.Customs },
            ReadingRoles = { MemberRole.Retailer, MemberRole.Customs },
            MinimumEvidenceGrade = EvidenceGrade.Suspected,
            MaximumRetentionDays = 365,
            NameMatching = NameMatching.CompoundOnly,
        };
        change?.Invoke(policy);
        Add(new Entry { CirclePolicy = policy });
        foreach (TestParty founder in founders) AddMember(id, 0, founder, founders);
        return AddEpoch(id, 0, founders);
    }

    /// <summary>Begins an epoch of a circle.</summary>
    public CircleKey AddEpoch(CircleId circle, uint number, params TestParty[] members)
    {
        CircleKey key = CircleKey.Create(circle, number, RandomSource.System);
        KeyEpoch epoch = new() { CircleId = ByteString.CopyFrom(circle.ToArray()), Epoch = number, Commitment = ByteString.CopyFrom(key.Commitment.Span) };
        epoch.SealedKeys.AddRange(members.Select(member => new SealedCircleKey { MemberId = member.IdBytes, SealedKey = ByteString.CopyFrom(key.SealTo(member.Keys.Box.PublicKey)) }));
        _keys.Add(key);
        Add(new Entry { KeyEpoch = SignedByTwo(epoch, members) });
        return key;
    }

    public void AddMember(CircleId circle, uint epoch, TestParty joining, params TestParty[] signers) =>
        Add(new Entry
        {
            CircleMember = SignedByTwo(
                new CircleMember
                {
                    CircleId = circle.ToByteString(),
                    MemberId = joining.IdBytes,
                    Change = CircleMemberChange.Added,
                    Epoch = epoch,
                    Acceptance = CircleConsent.Accept(_state, _state.Circles[circle], joining.Id, [], joining.Keys.Member),
                },
                signers),
        });

    /// <summary>Removes a member with the epoch that follows.</summary>
    public void RemoveMember(CircleId circle, uint epoch, TestParty leaving, params TestParty[] signers) => Add(new Entry
    {
        CircleMember = SignedByTwo(
            new CircleMember { CircleId = circle.ToByteString(), MemberId = leaving.IdBytes, Change = CircleMemberChange.Removed, Epoch = epoch, Reason = MembershipReason.Requested }, signers),
    });

    /// <summary>Gives a member older epochs' keys.</summary>
    public void AddGrant(CircleId circle, uint epoch, TestParty to, CircleKey[] keys, params TestParty[] signers)
    {
        KeyGrant grant = new() { CircleId = circle.ToByteString(), Epoch = epoch };
        grant.GrantedKeys.AddRange(keys.Select(key => new GrantedKey { MemberId = to.IdBytes, Epoch = key.Epoch, SealedKey = ByteString.CopyFrom(key.SealTo(to.Keys.Box.PublicKey)) }));
        Add(new Entry { KeyGrant = SignedByTwo(grant, signers) });
    }

    public void AddDay(UtcDay day) => Add(new Entry { Day = new Day { Day_ = day.Number } });

    /// <summary>Adds an entry under a route, or network-wide.</summary>
    public void Add(Entry entry, RouteKey? route = null, ByteString? item = null) => Add(entry.ToByteArray(), route, item);

    public void Add(byte[] entry, RouteKey? route = null, ByteString? item = null)
    {
        Track(entry);
        byte[] salt = RandomNumberGenerator.GetBytes(LeafData.SaltSize);
        _leaves.Add(new Leaf(LeafData.Of(Size, route, salt, entry), entry, salt, item ?? ByteString.Empty, route is null ? null : _keys.Find(key => key.RouteKey == route) ?? Circle));
    }

    /// <summary>A record of the second member's with identifiers given by their evaluations.</summary>
    public SealedRecord Seal(UtcDay? expiry = null, Action<Summary>? change = null, params SealIdentifier[] identifiers) => SealBy(Second, expiry, change, null, identifiers);

    public SealedRecord SealBy(TestParty contributor, UtcDay? expiry, Action<Summary>? change, CircleKey? circle, params SealIdentifier[] identifiers)
    {
        Summary summary = new()
        {
            Kind = RecordKind.BadActor,
            EvidenceGrade = EvidenceGrade.SeizureConfirmed,
            Categories = { GoodsCategory.Footwear },
            Severity = Severity.High,
            ExpiryDay = (expiry ?? Day.AddDays(30)).Number,
        };
        change?.Invoke(summary);
        return new RecordSealer(Random).Seal(new SealRequest
        {
            Circle = circle ?? Circle,
            OprfVersion = 1,
            Member = contributor.Id,
            Keys = contributor.Keys,
            Summary = summary,
            Identifiers = identifiers.Length > 0 ? identifiers : [new SealIdentifier(1, RandomNumberGenerator.GetBytes(64), OpensRecord: true)],
            FillBody = (_, _) => { },
        });
    }

    public static RecordPublished EntryOf(TestParty contributor, SealedRecord record) => new()
    {
        RecordId = record.Submission.RecordId,
        CircleId = record.Submission.CircleId,
        Epoch = record.Submission.Epoch,
        RecordPk = record.Submission.RecordPk,
        Signature = record.Submission.Signature,
        Issuance = ByteString.CopyFrom(RecordFormat.IssuanceOf(record.Submission.IssuanceSalt.Span, contributor.Id, record.Submission.RecordPk.Span, record.Submission.MemberSignature.Span)),
        ExpiryDay = record.Submission.ExpiryDay,
    };

    /// <summary>Publishes a record of the second member's.</summary>
    public ulong Publish(SealedRecord record, TestParty? contributor = null, CircleKey? circle = null)
    {
        Add(new Entry { RecordPublished = EntryOf(contributor ?? Second, record) }, (circle ?? Circle).RouteKey, record.Submission.Item);
        return Size - 1;
    }

    /// <summary>Withdraws a record as its contributor does.</summary>
    public ulong Withdraw(SealedRecord record, byte[]? signature = null)
    {
        using RecordKeys keys = Second.Keys.ForRecord(record.Salt);
        Add(
            new Entry
            {
                RecordWithdrawn = new RecordWithdrawn
                {
                    RecordId = record.Submission.RecordId,
                    CircleId = record.Submission.CircleId,
                    Epoch = record.Submission.Epoch,
                    Reason = WithdrawalReason.Mistake,
                    Signature = ByteString.CopyFrom(signature ?? keys.Signing.Sign(RecordFormat.WithdrawMessage(record.Id, WithdrawalReason.Mistake, null))),
                },
            },
            _keys.Find(key => key.Circle.ToByteString() == record.Submission.CircleId && key.Epoch == record.Submission.Epoch)!.RouteKey);
        return Size - 1;
    }

    /// <summary>The receipt of a leaf, proved in the tree of the present size.</summary>
    public Receipt ReceiptOf(int index)
    {
        TiledTree tree = TiledTree.Empty(new NoTiles());
        foreach (Leaf leaf in _leaves) tree.Append(LeafData.HashOf(leaf.Data));
        return new Receipt
        {
            Index = (ulong)index,
            Entry = ByteString.CopyFrom(_leaves[index].Entry),
            Salt = ByteString.CopyFrom(_leaves[index].Salt),
            Checkpoint = ByteString.CopyFrom(CheckpointAt(Size)),
            InclusionProof = { tree.InclusionProof((ulong)index, Size).Select(hash => ByteString.CopyFrom(hash.ToArray())) },
        };
    }

    /// <summary>Index of the first entry that holds, or -1.</summary>
    public int Find(Func<Entry, bool> holds) => _leaves.FindIndex(leaf => holds(Entry.Parser.ParseFrom(leaf.Entry)));

    public int Count(Func<Entry, bool> holds) => _leaves.Count(leaf => holds(Entry.Parser.ParseFrom(leaf.Entry)));

    public BatchReader ReaderOf(TestParty party, TimeProvider time) => new(party.Id, party.Keys.Box, _genesisHash, time);

    /// <summary>The leaves as the broker shows them to a member, with the checkpoint at their end.</summary>
    /// <param name="reader">Who reads.</param>
    /// <param name="from">First leaf.</param>
    /// <param name="to">Leaf after the last; null for all.</param>
    /// <param name="stateSize">Size of the log it has read already.</param>
    public FeedBatch Batch(TestParty reader, ulong from = 0, ulong? to = null, ulong stateSize = 0)
    {
        ulong end = to ?? Size;
        List<FeedLeaf> shown = [];
        for (ulong i = from; i < end; i++)
        {
            Leaf leaf = _leaves[(int)i];
            FeedLeaf one = new() { LeafData = ByteString.CopyFrom(leaf.Data) };
            if (leaf.Circle is not { } key || History.HoldsKey(key.Circle, key.Epoch, reader.Id, i, stateSize))
            {
                (one.Entry, one.Salt, one.Item, one.WithdrawnAt) = (ByteString.CopyFrom(leaf.Entry), ByteString.CopyFrom(leaf.Salt), leaf.Item, leaf.WithdrawnAt);
            }

            shown.Add(one);
        }

        return new FeedBatch(from, shown, CheckpointAt(end));
    }

    /// <summary>A batch once more, behind itself and routed so, under a checkpoint that the log's key has signed over both.</summary>
    public FeedBatch Replay(FeedBatch batch)
    {
        ulong end = batch.FirstIndex + (ulong)batch.Leaves.Count;
        TreeHash[] hashes = [.. _leaves.Take((int)end).Select(leaf => LeafData.HashOf(leaf.Data))];
        List<FeedLeaf> again = [];
        for (int i = 0; i < batch.Leaves.Count; i++)
        {
            Leaf leaf = _leaves[(int)batch.FirstIndex + i];
            FeedLeaf one = batch.Leaves[i].Clone();
            one.LeafData = ByteString.CopyFrom(LeafData.Of(end + (ulong)i, leaf.Circle?.RouteKey, leaf.Salt, leaf.Entry));
            again.Add(one);
        }

        hashes = [.. hashes, .. again.Select(leaf => LeafData.HashOf(leaf.LeafData.Span))];
        return new FeedBatch(end, again, Sign(Network, (ulong)hashes.Length, MerkleHash.RootOf(hashes)));
    }

    public TreeHash RootAt(ulong size) => MerkleHash.RootOf(_leaves.Take((int)size).Select(leaf => LeafData.HashOf(leaf.Data)).ToArray());

    public byte[] CheckpointAt(ulong size) => Sign(Network, size, RootAt(size), _logKey);

    public byte[] Sign(string origin, ulong size, TreeHash root, SigningKey? key = null)
    {
        LogSigner signer = new(origin, key ?? _logKey);
        return SignedNote.Sign(new Checkpoint(origin, size, root).ToText(), signer).ToBytes();
    }

    // As an honest broker sees it: what it does not believe changes nothing.
    private void Track(byte[] entry)
    {
        try
        {
            NetworkState before = _state;
            before.TryApply(Entry.Parser.ParseFrom(entry), entry, out _state);
            History = History.After(Size, before, _state);
        }
        catch (InvalidProtocolBufferException)
        {
            // Some logs hold what is no entry.
        }
    }

    private SignedStatement SignedByTwo<T>(T message, TestParty[] signers)
        where T : IMessage<T>
    {
        SignedStatement statement = Statements.Sign(message, _genesisHash, signers[0].Id, signers[0].Keys.Member);
        statement.Signatures.Add(Statements.Sign(message.Descriptor.Name, statement.Body.Span, _genesisHash, signers[1].Id, signers[1].Keys.Member));
        return statement;
    }

    internal sealed record Leaf(byte[] Data, byte[] Entry, byte[] Salt, ByteString Item, CircleKey? Circle)
    {
        public ulong WithdrawnAt { get; init; }
    }
}

/// <summary>A tree that fits into memory reads no tiles.</summary>
internal sealed class NoTiles : ITileReader
{
    public byte[]? ReadTile(TileId id) => null;
}
