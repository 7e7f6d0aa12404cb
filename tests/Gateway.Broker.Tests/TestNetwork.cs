using Gateway.Broker.Hosting;
using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>A broker with two retailers in a circle and a customs administration outside it.</summary>
internal sealed class TestNetwork : IAsyncDisposable
{
    private readonly List<TestMember> _members;

    private TestNetwork(TestBroker broker, TestMember steward, TestMember second, TestMember outsider, CircleKey circle)
    {
        Broker = broker;
        Steward = steward;
        Second = second;
        Outsider = outsider;
        Circle = circle;
        _members = [steward, second];
    }

    public TestBroker Broker { get; }

    public TestMember Steward { get; }

    public TestMember Second { get; }

    public TestMember Outsider { get; }

    public CircleKey Circle { get; private set; }

    /// <summary>A day on which a record may well expire.</summary>
    public UtcDay NextMonth => UtcDay.Of(Broker.Time.GetUtcNow()).AddDays(30);

    public static async Task<TestNetwork> StartAsync(QuotaOptions? quotas = null, Action<CirclePolicy>? policy = null, Func<BrokerOptions, BrokerOptions>? options = null)
    {
        TestBroker broker = await TestBroker.StartAsync(quotas, change: options);
        TestMember steward = await TestMember.EnrolAsync(broker, "Steward Retail", MemberRole.Retailer);
        TestMember second = await TestMember.EnrolAsync(broker, "Second Retail", MemberRole.Retailer);
        TestMember outsider = await TestMember.EnrolAsync(broker, "Outside Customs", MemberRole.Customs);
        CircleKey circle = await FoundCircleAsync(broker, "retail", steward, second, policy);
        return new TestNetwork(broker, steward, second, outsider, circle);
    }

    public static CirclePolicy PolicyOf(string name, TestMember steward, params TestMember[] others) => new()
    {
        Name = name,
        Purpose = "Stopping counterfeits",
        LegalBasis = "Legitimate interest",
        StewardId = ByteString.CopyFrom(steward.Id.ToArray()),
        FoundingMemberIds = { others.Prepend(steward).Select(member => ByteString.CopyFrom(member.Id.ToArray())) },
        PublishingRoles = { MemberRole.Retailer },
        ReadingRoles = { MemberRole.Retailer },
        MinimumEvidenceGrade = EvidenceGrade.Suspected,
        MaximumRetentionDays = 365,
        NameMatching = NameMatching.CompoundOnly,
    };

    public static async Task<CircleKey> FoundCircleAsync(TestBroker broker, string name, TestMember steward, TestMember second, Action<CirclePolicy>? change = null)
    {
        CirclePolicy policy = PolicyOf(name, steward, second);
        change?.Invoke(policy);
        ApproveChangeResponse created = await broker.DecideAsync(new Change { CirclePolicy = new CirclePolicyChange { Policy = policy } });
        CircleKey key = CircleKey.Create(CircleId.FromBytes(created.CircleId.Span), 0, RandomSource.System);
        await BeginEpochAsync(broker, key, steward, second, added: [steward, second], members: [steward, second]);
        return key;
    }

    /// <summary>The steward proposes, the second member signs.</summary>
    public static async Task BeginEpochAsync(TestBroker broker, CircleKey key, TestMember steward, TestMember second, TestMember[] added, TestMember[] members, TestMember[]? removed = null, CircleKey[]? granted = null)
    {
        await new MembershipService.MembershipServiceClient(steward.Connect(broker)).ProposeEpochAsync(Propose(broker, key, steward, added, members, removed, granted));
        MembershipService.MembershipServiceClient signer = new(second.Connect(broker));
        EpochProposal proposal = (await signer.ListProposalsAsync(new ListProposalsRequest())).Proposals.Single();
        await signer.CountersignEpochAsync(Countersign(broker, key, second, proposal));
    }

    public static ProposeEpochRequest Propose(TestBroker broker, CircleKey key, TestMember steward, TestMember[] added, TestMember[] members, TestMember[]? removed = null, CircleKey[]? granted = null)
    {
        ByteString circle = ByteString.CopyFrom(key.Circle.ToArray());
        KeyEpoch epoch = new() { CircleId = circle, Epoch = key.Epoch, Commitment = ByteString.CopyFrom(key.Commitment.Span) };
        foreach (TestMember member in members)
        {
            epoch.SealedKeys.Add(new SealedCircleKey { MemberId = ByteString.CopyFrom(member.Id.ToArray()), SealedKey = ByteString.CopyFrom(key.SealTo(member.Keys.Box.PublicKey)) });
        }

        ProposeEpochRequest request = new()
        {
            KeyEpoch = Statements.Sign(epoch, broker.GenesisHash, steward.Id, steward.Keys.Member),
            RouteKey = ByteString.CopyFrom(key.RouteKey.ToArray()),
        };
        foreach (TestMember member in added)
        {
            NetworkState state = broker.Core.View.Current;
            CircleMember change = new()
            {
                CircleId = circle,
                MemberId = ByteString.CopyFrom(member.Id.ToArray()),
                Change = CircleMemberChange.Added,
                Epoch = key.Epoch,
                Acceptance = CircleConsent.Accept(state, state.Circles[key.Circle], member.Id, [], member.Keys.Member),
            };
            request.CircleMembers.Add(Statements.Sign(change, broker.GenesisHash, steward.Id, steward.Keys.Member));
        }

        foreach (TestMember member in removed ?? [])
        {
            CircleMember change = new() { CircleId = circle, MemberId = member.Id.ToByteString(), Change = CircleMemberChange.Removed, Epoch = key.Epoch, Reason = MembershipReason.RulesBroken };
            request.CircleMembers.Add(Statements.Sign(change, broker.GenesisHash, steward.Id, steward.Keys.Member));
        }

        if (granted is null) return request;
        KeyGrant grant = new() { CircleId = circle, Epoch = key.Epoch };
        grant.GrantedKeys.AddRange(added.SelectMany(member => granted.Select(older => new GrantedKey { MemberId = member.Id.ToByteString(), Epoch = older.Epoch, SealedKey = ByteString.CopyFrom(older.SealTo(member.Keys.Box.PublicKey)) })));
        request.KeyGrant = Statements.Sign(grant, broker.GenesisHash, steward.Id, steward.Keys.Member);
        return request;
    }

    public static CountersignEpochRequest Countersign(TestBroker broker, CircleKey key, TestMember signer, EpochProposal proposal) => new()
    {
        KeyGrantSignature = proposal.KeyGrant is null ? null : Statements.Sign(nameof(KeyGrant), proposal.KeyGrant.Body.Span, broker.GenesisHash, signer.Id, signer.Keys.Member),
        CircleId = ByteString.CopyFrom(key.Circle.ToArray()),
        Epoch = key.Epoch,
        RouteKey = proposal.RouteKey,
        KeyEpochSignature = Statements.Sign(nameof(KeyEpoch), proposal.KeyEpoch.Body.Span, broker.GenesisHash, signer.Id, signer.Keys.Member),
        CircleMemberSignatures = { proposal.CircleMembers.Select(member => Statements.Sign(nameof(CircleMember), member.Body.Span, broker.GenesisHash, signer.Id, signer.Keys.Member)) },
    };

    /// <summary>The circle goes to its next epoch, with further members where given.</summary>
    public async Task NextEpochAsync(params TestMember[] joining)
    {
        CircleKey next = CircleKey.Create(Circle.Circle, Circle.Epoch + 1, RandomSource.System);
        _members.AddRange(joining);
        await BeginEpochAsync(Broker, next, Steward, Second, joining, [.. _members]);
        Circle = next;
    }

    /// <summary>The circle goes to its next epoch with a member that is granted all older ones.</summary>
    public async Task JoinAsync(TestMember joining, params CircleKey[] granted)
    {
        CircleKey next = CircleKey.Create(Circle.Circle, Circle.Epoch + 1, RandomSource.System);
        _members.Add(joining);
        await BeginEpochAsync(Broker, next, Steward, Second, [joining], [.. _members], granted: granted);
        Circle = next;
    }

    /// <summary>The circle goes to its next epoch without a member.</summary>
    public async Task RemoveAsync(TestMember leaving)
    {
        CircleKey next = CircleKey.Create(Circle.Circle, Circle.Epoch + 1, RandomSource.System);
        _members.Remove(leaving);
        await BeginEpochAsync(Broker, next, Steward, Second, [], [.. _members], removed: [leaving]);
        Circle = next;
    }

    public SealedRecord Seal(TestMember member) => member.Seal(Circle, NextMonth);

    public ExchangeService.ExchangeServiceClient Exchange(TestMember member) => new(member.Connect(Broker));

    /// <summary>Publishes submissions on one stream and returns all outcomes by record id.</summary>
    public Task<IReadOnlyList<PublishOutcome>> PublishAsync(TestMember member, params Submission[] submissions) => PublishAtAsync(Broker, member, submissions);

    /// <inheritdoc cref="PublishAsync"/>
    public static async Task<IReadOnlyList<PublishOutcome>> PublishAtAsync(TestBroker broker, TestMember member, params Submission[] submissions)
    {
        using AsyncDuplexStreamingCall<PublishRequest, PublishResponse> call = new ExchangeService.ExchangeServiceClient(member.Connect(broker)).Publish();
        await call.RequestStream.WriteAsync(new PublishRequest { Submissions = { submissions } });
        await call.RequestStream.CompleteAsync();
        List<PublishOutcome> outcomes = [];
        while (await call.ResponseStream.MoveNext(CancellationToken.None)) outcomes.AddRange(call.ResponseStream.Current.Outcomes);
        return outcomes;
    }

    public async Task<Receipt> PublishOneAsync(TestMember member, SealedRecord record)
    {
        PublishOutcome outcome = (await PublishAsync(member, record.Submission)).Single();
        Assert.True(outcome.Receipt is not null, outcome.Refusal?.What);
        return outcome.Receipt;
    }

    public async Task<ErrorDetail> RefusedAsync(TestMember member, Submission submission)
    {
        PublishOutcome outcome = (await PublishAsync(member, submission)).Single();
        Assert.Null(outcome.Receipt);
        return outcome.Refusal;
    }

    /// <summary>Reads the log from an index to its present end.</summary>
    public async Task<IReadOnlyList<FollowResponse>> ReadFeedAsync(TestMember member, ulong from = 0, ulong stateSize = 0)
    {
        using AsyncServerStreamingCall<FollowResponse> call = Exchange(member).Follow(new FollowRequest { FromIndex = from, StateSize = stateSize });
        ulong end = Broker.Core.Signal.Size;
        List<FollowResponse> messages = [];
        while (from < end && await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            messages.Add(call.ResponseStream.Current);
            from += (ulong)call.ResponseStream.Current.Leaves.Count;
        }

        return messages;
    }

    public ValueTask DisposeAsync() => Broker.DisposeAsync();
}
