using Gateway.Broker.Evaluators;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Gateway.Storage.Secrets;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Broker.Tests.Evaluators;

/// <summary>The OPRF keys are shared out between the broker and another evaluator: no pseudonym ever changes, and nothing is lost wherever one of them stops.</summary>
public sealed class SharingTests
{
    private static readonly TimeSpan PastOverlap = ShareRing.Overlap + TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Two_evaluators_give_the_pseudonyms_that_one_gave_before_them()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        OprfKeys alone = Keys(broker);
        Dictionary<IdentifierClass, byte[]> before = [];
        foreach (IdentifierClass identifierClass in OprfKeySet.Classes) before[identifierClass] = await Evaluating.EvaluateAsync(network.Steward, broker, null, alone, "alpha", identifierClass);

        await using TestEvaluator second = await TestEvaluator.StartAsync(broker);
        await second.ShareAsync();
        OprfKeys shared = Keys(broker);
        Assert.Equal(["broker", "second"], shared.Evaluators.Select(evaluator => evaluator.Name));
        Assert.Equal((alone.Version, second.Options.Address), (shared.Version, shared.Evaluators[1].Address));
        foreach (IdentifierClass identifierClass in OprfKeySet.Classes)
        {
            Assert.Equal(before[identifierClass], await Evaluating.EvaluateAsync(network.Steward, broker, second, shared, "alpha", identifierClass));
            Assert.NotEqual(OprfKeySet.PublicKeyOf(alone.Evaluators[0], identifierClass)!.Value.ToArray(), OprfKeySet.PublicKeyOf(shared.Evaluators[0], identifierClass)!.Value.ToArray());
        }
    }

    [Fact]
    public async Task After_the_overlap_nobody_holds_the_old_shares_and_the_broker_has_no_seed()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        byte[] y = await Evaluating.EvaluateAsync(network.Steward, broker, null, Keys(broker), "alpha");
        await using TestEvaluator second = await TestEvaluator.StartAsync(broker);
        await second.ShareAsync();
        OprfKeys first = Keys(broker);
        Assert.True(File.Exists(broker.Options.Files.OprfSeed));
        await second.ShareAsync();
        OprfKeys fresh = Keys(broker);
        Assert.NotEqual(first.Evaluators[1].ClassKeys, fresh.Evaluators[1].ClassKeys);
        Assert.Equal(y, await Evaluating.EvaluateAsync(network.Steward, broker, second, first, "alpha")); // Who has not read the newest entry.

        await broker.RunDailyWorkAsync();
        await second.Work.RunOnceAsync(CancellationToken.None);
        broker.Time.Advance(PastOverlap);
        await broker.RunDailyWorkAsync();
        await second.Work.RunOnceAsync(CancellationToken.None);
        Assert.Equal((1, 1), (broker.Core.Shares.Count, second.Core.Shares.Count));
        Assert.False(File.Exists(broker.Options.Files.OprfSeed));
        Assert.Equal("OPRF_KEYS_STALE", await RefusedAsync(() => Evaluating.EvaluateAsync(network.Steward, broker, second, first, "alpha")));
        Assert.Equal(y, await Evaluating.EvaluateAsync(network.Steward, broker, second, fresh, "alpha"));

        await broker.RestartAsync();
        await second.RestartAsync();
        Assert.Equal(y, await Evaluating.EvaluateAsync(network.Steward, broker, second, Keys(broker), "alpha"));
    }

    [Fact]
    public async Task Shares_change_under_load_without_a_failed_call_or_a_wrong_pseudonym()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        string[] inputs = ["alpha", "beta", "gamma"];
        byte[][] right = await Task.WhenAll(inputs.Select(input => Evaluating.EvaluateAsync(network.Steward, broker, null, Keys(broker), input)));
        await using TestEvaluator second = await TestEvaluator.StartAsync(broker);
        await second.ShareAsync();

        using CancellationTokenSource done = new();
        int evaluated = 0;
        TestMember[] members = [network.Steward, network.Second, network.Outsider];
        Task[] load = [.. members.Select((member, worker) => Task.Run(async () =>
        {
            // A node asks under the keys of the log as far as it has read it: the one behind, or the one ahead.
            for (int i = 0; !done.IsCancellationRequested; i++)
            {
                OprfKeys keys = (i + worker) % 2 == 0 ? Keys(broker) : second.Core.Log.View.Current.OprfKeys!;
                Assert.Equal(right[i % inputs.Length], await Evaluating.EvaluateAsync(member, broker, second, keys, inputs[i % inputs.Length]));
                Interlocked.Increment(ref evaluated);
            }
        }))];
        for (int i = 0; i < 5; i++)
        {
            int before = Volatile.Read(ref evaluated);
            await second.ShareAsync();
            while (Volatile.Read(ref evaluated) < before + 6 && !load.Any(task => task.IsFaulted)) await Task.Delay(5);
        }

        await done.CancelAsync();
        await Task.WhenAll(load);
        Assert.True(evaluated >= 30, $"{evaluated} evaluations");
    }

    [Fact]
    public async Task A_broker_that_stops_before_the_share_is_accepted_offers_it_when_it_is_back()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        byte[] y = await Evaluating.EvaluateAsync(network.Steward, broker, null, Keys(broker), "alpha");
        await using TestEvaluator second = await TestEvaluator.StartAsync(broker);
        await second.OfferAsync();
        await broker.RestartAsync();
        broker.Time.Advance(PastOverlap);
        await broker.RunDailyWorkAsync(); // Must not destroy the share that goes with the offer.
        await second.RestartAsync();
        await second.Core.Receiver.LookAsync(CancellationToken.None); // Or the evaluator's own look at its start has taken it already.
        await second.CaughtUpAsync();
        Assert.Equal(2, Keys(broker).Evaluators.Count);
        Assert.Equal(y, await Evaluating.EvaluateAsync(network.Steward, broker, second, Keys(broker), "alpha"));
    }

    [Fact]
    public async Task An_evaluator_that_stops_with_its_new_share_on_disk_accepts_it_when_it_is_back()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        byte[] y = await Evaluating.EvaluateAsync(network.Steward, broker, null, Keys(broker), "alpha");
        await using TestEvaluator second = await TestEvaluator.StartAsync(broker);
        await second.OfferAsync();
        await second.CaughtUpAsync();
        OnTheWire wire = new() { Accepting = () => throw new RpcException(new Status(StatusCode.Unavailable, "cut")) };
        await Assert.ThrowsAsync<RefusalException>(() => Receiver(second, wire).LookAsync(CancellationToken.None));
        Assert.Equal((1, 1), (second.Core.Shares.Count, Keys(broker).Evaluators.Count));

        await second.RestartAsync();
        await second.Core.Receiver.LookAsync(CancellationToken.None);
        await second.CaughtUpAsync();
        Assert.Equal(2, Keys(broker).Evaluators.Count);
        Assert.Equal(y, await Evaluating.EvaluateAsync(network.Steward, broker, second, Keys(broker), "alpha"));
        Assert.False(await second.Core.Receiver.LookAsync(CancellationToken.None)); // Nothing waits any more.
    }

    [Fact]
    public async Task An_offer_that_would_change_a_pseudonym_or_send_members_elsewhere_is_not_taken()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await using TestEvaluator second = await TestEvaluator.StartAsync(network.Broker);
        await second.OfferAsync();
        await second.CaughtUpAsync();
        using VoprfKey some = VoprfKey.Create(RandomSource.System);
        ByteString other = ByteString.CopyFrom(some.PublicKey.ToArray());
        Action<ShareOffer>[] changes =
        [
            offer => offer.Keys.Evaluators[0].ClassKeys[0].PublicKey = other,
            offer => offer.Keys.Evaluators[1].Address = "https://elsewhere.example:7444",
            offer => offer.SealedDifference = ByteString.CopyFrom([.. offer.SealedDifference.Span[..^1], (byte)(offer.SealedDifference.Span[^1] ^ 1)]),
            offer => offer.Keys.Evaluators.RemoveAt(1),
            offer => offer.Probe = ByteString.CopyFrom(new byte[32]),
        ];
        foreach (Action<ShareOffer> change in changes)
        {
            OnTheWire wire = new() { Offered = change };
            Assert.Equal("SHARE_OFFER_INVALID", (await Assert.ThrowsAsync<RefusalException>(() => Receiver(second, wire).LookAsync(CancellationToken.None))).Refusal.Code);
            Assert.Equal(0, second.Core.Shares.Count);
        }
    }

    [Fact]
    public async Task A_share_is_given_by_two_operators_to_an_evaluator_that_proves_it()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        Change change = new() { OprfKeys = new OprfKeysChange { ShareWith = "second" } };
        Assert.Equal("EVALUATOR_NOT_ADMITTED", await RefusedAsync(() => broker.ProposeAsync(change)));
        Assert.Equal("OPRF_CHANGE_INVALID", await RefusedAsync(() => broker.ProposeAsync(new Change { OprfKeys = new OprfKeysChange() })));
        await using TestEvaluator second = await TestEvaluator.StartAsync(broker);
        ChangeRecord proposed = await broker.ProposeAsync(change);
        EvaluatorsService.EvaluatorsServiceClient asSecond = new(broker.Connect(second.Certificate));
        Assert.Equal("OWN_CHANGE", await RefusedAsync(() => broker.Operator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id }).ResponseAsync));
        Assert.Null((await asSecond.GetShareOfferAsync(new GetShareOfferRequest())).Offer);

        await broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id });
        ShareOffer offer = (await asSecond.GetShareOfferAsync(new GetShareOfferRequest())).Offer;
        AcceptShareRequest unproven = new() { Replaces = offer.Replaces };
        Assert.Equal("SHARE_UNPROVEN", await RefusedAsync(() => asSecond.AcceptShareAsync(unproven).ResponseAsync));
        unproven.Evaluations.AddRange(Enumerable.Range(0, 3).Select(_ => new EvaluateResponse { EvaluatedElements = { offer.Probe }, Proof = ByteString.CopyFrom(new byte[64]) }));
        Assert.Equal("SHARE_UNPROVEN", await RefusedAsync(() => asSecond.AcceptShareAsync(unproven).ResponseAsync));
        Assert.Equal("SHARE_OFFER_GONE", await RefusedAsync(() => asSecond.AcceptShareAsync(new AcceptShareRequest { Replaces = ByteString.CopyFrom(new byte[32]) }).ResponseAsync));
        Assert.Single(Keys(broker).Evaluators);
    }

    internal static async Task<string> RefusedAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).ToRefusal("broker").Code;

    private static OprfKeys Keys(TestBroker broker) => broker.Core.View.Current.OprfKeys!;

    private static ShareReceiver Receiver(TestEvaluator evaluator, Interceptor wire)
    {
        EvaluatorCore core = evaluator.Core;
        using SecretFolder secrets = evaluator.Options.OpenSecrets(RandomSource.System);
        BoxKey box = EvaluatorInitialiser.ReadBoxKey(evaluator.Options.Files, secrets);
        return new ShareReceiver(core.Options.Name, core.Options.Address, box, core.Shares, core.Log, new EvaluatorsService.EvaluatorsServiceClient(evaluator.ToBroker().Intercept(wire)), RandomSource.System, NullLogger<ShareReceiver>.Instance);
    }

    /// <summary>The network between evaluator and broker, with a hand in it.</summary>
    private sealed class OnTheWire : Interceptor
    {
        public Action Accepting { get; init; } = () => { };

        public Action<ShareOffer> Offered { get; init; } = _ => { };

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            if (request is AcceptShareRequest) Accepting();
            AsyncUnaryCall<TResponse> call = continuation(request, context);
            return new AsyncUnaryCall<TResponse>(ChangeAsync(call), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
        }

        private async Task<TResponse> ChangeAsync<TResponse>(AsyncUnaryCall<TResponse> call)
        {
            TResponse response = await call;
            if (response is GetShareOfferResponse { Offer: { } offer }) Offered(offer);
            return response;
        }
    }
}
