using Gateway.Cryptography;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>A log of entries as a broker would make them, applied as they come. Every organisation's keys derive from its name.</summary>
internal sealed class TestNetwork
{
    public const uint FirstDay = 20_000;

    private readonly Dictionary<string, MemberKeys> _keys = [];

    public NetworkState State { get; private set; } = NetworkState.Empty;

    public static MemberId IdOf(string member) => MemberId.FromBytes(Sample.Bytes(member).AsSpan(0, 16));

    public static CircleId CircleOf(string name) => CircleId.FromBytes(Sample.Bytes(name).AsSpan(0, 16));

    /// <summary>A network that has begun, with members.</summary>
    public static TestNetwork With(params string[] members)
    {
        TestNetwork network = new();
        network.Accept(GenesisEntry());
        foreach (string member in members) network.Accept(network.Joined(member));
        return network;
    }

    public MemberKeys KeysOf(string member) => _keys.TryGetValue(member, out MemberKeys? known) ? known : _keys[member] = MemberKeys.FromSeed(Sample.Bytes("seed of " + member));

    public void Accept(Entry entry)
    {
        Assert.Null(State.TryApply(entry, entry.ToByteArray(), out NetworkState next));
        State = next;
    }

    /// <summary>Why an entry is refused. The state does not change by it.</summary>
    public string Refuse(Entry entry)
    {
        string? reason = State.TryApply(entry, entry.ToByteArray(), out NetworkState next);
        Assert.Same(State, next);
        Assert.NotNull(reason);
        return reason;
    }

    public static Entry GenesisEntry(string network = "test.gateway.example") => new()
    {
        Genesis = new Genesis { Network = network, LogPk = ByteString.CopyFrom(Plain.SigningPublic(Sample.Bytes("log"))), Day = FirstDay },
    };

    public Entry Joined(string member, string? signer = null, MemberId? signerId = null, Action<MemberJoined>? change = null, string[]? sponsors = null)
    {
        MemberKeys keys = KeysOf(member);
        MemberJoined joined = new()
        {
            MemberId = ByteString.CopyFrom(IdOf(member).ToArray()),
            Name = member,
            Role = MemberRole.Retailer,
            MemberPk = ByteString.CopyFrom(keys.Member.PublicKey.ToArray()),
            BoxPk = ByteString.CopyFrom(keys.Box.PublicKey.ToArray()),
            NodePk = ByteString.CopyFrom(keys.Node.PublicKey.ToArray()),
        };
        change?.Invoke(joined);
        SignedStatement statement = Statements.Sign(joined, State.GenesisHash.Span, signerId ?? IdOf(signer ?? member), KeysOf(signer ?? member).Member);
        foreach (string sponsor in sponsors ?? SponsorsNow()) statement.Signatures.Add(Statements.Sign(nameof(MemberJoined), statement.Body.Span, State.GenesisHash.Span, IdOf(sponsor), KeysOf(sponsor).Member));
        return new Entry { MemberJoined = statement };
    }

    public static Entry Suspended(string member, MembershipReason reason = MembershipReason.Compromised) => new() { MemberSuspended = new MemberSuspended { MemberId = Bytes(member), Reason = reason } };

    public static Entry Reinstated(string member, MembershipReason reason = MembershipReason.Settled) => new() { MemberReinstated = new MemberReinstated { MemberId = Bytes(member), Reason = reason } };

    public static Entry Expelled(string member, MembershipReason reason = MembershipReason.RulesBroken) => new() { MemberExpelled = new MemberExpelled { MemberId = Bytes(member), Reason = reason } };

    public Entry Left(string member, string? signer = null) => new() { MemberLeft = Signed(new MemberLeft { MemberId = Bytes(member) }, signer ?? member) };

    private static ByteString Bytes(string member) => ByteString.CopyFrom(IdOf(member).ToArray());

    // From the fourth member on there are two, and they are the first two.
    private IEnumerable<string> SponsorsNow() => State.Members.Count < 3 ? [] : State.Members.Values.Take(2).Select(member => member.Name);

    public static Entry Policy(string circle, string steward, params string[] founders) => new()
    {
        CirclePolicy = new CirclePolicy
        {
            CircleId = ByteString.CopyFrom(CircleOf(circle).ToArray()),
            Name = circle,
            StewardId = ByteString.CopyFrom(IdOf(steward).ToArray()),
            FoundingMemberIds = { founders.Select(founder => ByteString.CopyFrom(IdOf(founder).ToArray())) },
            PublishingRoles = { MemberRole.Retailer },
            ReadingRoles = { MemberRole.Retailer, MemberRole.Customs },
        },
    };

    public Entry Change(string circle, string member, CircleMemberChange change, uint epoch, params string[] signers) => new()
    {
        CircleMember = Signed(
            new CircleMember { CircleId = ByteString.CopyFrom(CircleOf(circle).ToArray()), MemberId = ByteString.CopyFrom(IdOf(member).ToArray()), Change = change, Epoch = epoch }, signers),
    };

    public Entry Epoch(string circle, uint epoch, string[] recipients, params string[] signers) => Epoch(circle, epoch, recipients, _ => { }, signers);

    public Entry Epoch(string circle, uint epoch, string[] recipients, Action<KeyEpoch> change, params string[] signers)
    {
        using CircleKey key = CircleKey.FromBytes(CircleOf(circle), epoch, Sample.Bytes($"key {epoch} of {circle}"));
        KeyEpoch made = new()
        {
            CircleId = ByteString.CopyFrom(CircleOf(circle).ToArray()),
            Epoch = epoch,
            Commitment = ByteString.CopyFrom(key.Commitment.Span),
            SealedKeys = { recipients.Select(one => new SealedCircleKey { MemberId = ByteString.CopyFrom(IdOf(one).ToArray()), SealedKey = ByteString.CopyFrom(key.SealTo(KeysOf(one).Box.PublicKey)) }) },
        };
        change(made);
        return new Entry { KeyEpoch = Signed(made, signers) };
    }

    /// <summary>Founds a circle of members with epoch 0: the first is steward.</summary>
    public void Found(string circle, params string[] members)
    {
        Accept(Policy(circle, members[0], members));
        foreach (string member in members) Accept(Change(circle, member, CircleMemberChange.Added, 0, members[0], members[1]));
        Accept(Epoch(circle, 0, members, members[0], members[1]));
    }

    public SignedStatement Signed<T>(T message, params string[] signers)
        where T : IMessage<T>
    {
        byte[] body = message.ToByteArray();
        return new SignedStatement
        {
            Body = ByteString.CopyFrom(body),
            Signatures = { signers.Select(signer => Statements.Sign(message.Descriptor.Name, body, State.GenesisHash.Span, IdOf(signer), KeysOf(signer).Member)) },
        };
    }
}
