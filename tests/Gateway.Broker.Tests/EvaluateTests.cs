using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class EvaluateTests
{
    [Theory]
    [InlineData(IdentifierClass.Strong)]
    [InlineData(IdentifierClass.Compound)]
    [InlineData(IdentifierClass.Name)]
    public async Task The_proof_holds_under_the_key_in_the_log_and_the_result_does_not_depend_on_the_blind(IdentifierClass identifierClass)
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        byte[][] first = await EvaluateAsync(network, identifierClass, "alpha"u8.ToArray(), "beta"u8.ToArray());
        byte[][] second = await EvaluateAsync(network, identifierClass, "beta"u8.ToArray(), "gamma"u8.ToArray());
        Assert.Equal(first[1], second[0]);
        Assert.NotEqual(first[0], first[1]);
        await network.Broker.RestartAsync();
        Assert.Equal(first, await EvaluateAsync(network, identifierClass, "alpha"u8.ToArray(), "beta"u8.ToArray()));
    }

    [Fact]
    public async Task Classes_have_keys_of_their_own()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        byte[][] strong = await EvaluateAsync(network, IdentifierClass.Strong, "alpha"u8.ToArray());
        byte[][] name = await EvaluateAsync(network, IdentifierClass.Name, "alpha"u8.ToArray());
        Assert.NotEqual(strong[0], name[0]);
    }

    [Fact]
    public async Task What_is_no_batch_is_refused_and_costs_nothing()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(new QuotaOptions { StrongPerDay = 1 });
        using BlindedInput blinded = new VoprfClient(RandomSource.System).Blind("alpha"u8);
        byte[] element = blinded.Element.ToArray();
        await AssertRefusedAsync(network, IdentifierClass.Strong, 1, [new byte[32]], StatusCode.InvalidArgument, "ELEMENT_INVALID");
        await AssertRefusedAsync(network, IdentifierClass.Strong, 1, [element[..31]], StatusCode.InvalidArgument, "ELEMENT_INVALID");
        await AssertRefusedAsync(network, IdentifierClass.Strong, 1, [], StatusCode.InvalidArgument, "BATCH_SIZE");
        await AssertRefusedAsync(network, IdentifierClass.Strong, 1, [.. Enumerable.Repeat(element, 513)], StatusCode.InvalidArgument, "BATCH_SIZE");
        await AssertRefusedAsync(network, IdentifierClass.Strong, 2, [element], StatusCode.FailedPrecondition, "OPRF_VERSION_STALE");
        await AssertRefusedAsync(network, IdentifierClass.Unspecified, 1, [element], StatusCode.InvalidArgument, "CLASS_INVALID");
        await EvaluateAsync(network, IdentifierClass.Strong, "alpha"u8.ToArray());
    }

    [Fact]
    public async Task The_quota_of_a_class_ends_survives_a_restart_and_refills_at_midnight()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(new QuotaOptions { StrongPerDay = 3, StrongPerYear = 5 });
        await EvaluateAsync(network, IdentifierClass.Strong, [1], [2]);
        using BlindedInput blinded = new VoprfClient(RandomSource.System).Blind("alpha"u8);
        byte[] element = blinded.Element.ToArray();
        Refusal refusal = await AssertRefusedAsync(network, IdentifierClass.Strong, 1, [element, element], StatusCode.ResourceExhausted, "QUOTA_EXHAUSTED");
        Assert.Equal("strong per day", refusal.Which);
        Assert.Contains("refills", refusal.Remedy, StringComparison.Ordinal);
        await EvaluateAsync(network, IdentifierClass.Compound, [1], [2], [3], [4]);

        await network.Broker.RestartAsync();
        await EvaluateAsync(network, IdentifierClass.Strong, [3]);
        await AssertRefusedAsync(network, IdentifierClass.Strong, 1, [element], StatusCode.ResourceExhausted, "QUOTA_EXHAUSTED");
        network.Broker.Time.Advance(TimeSpan.FromHours(13));
        await EvaluateAsync(network, IdentifierClass.Strong, [3], [4]);
        refusal = await AssertRefusedAsync(network, IdentifierClass.Strong, 1, [element], StatusCode.ResourceExhausted, "QUOTA_EXHAUSTED");
        Assert.Equal("strong per year", refusal.Which);
    }

    [Theory]
    [InlineData(Quota.Strong)]
    [InlineData(Quota.Records)]
    public async Task What_is_given_back_after_midnight_goes_to_the_day_it_was_taken_from(string quota)
    {
        await using TestBroker broker = await TestBroker.StartAsync(new QuotaOptions { StrongPerDay = 3, RecordsPerDay = 3 });
        MemberId member = MemberId.FromBytes(new byte[MemberId.Size]);
        QuotaLedger quotas = broker.Core.Quotas;
        Assert.Null(quotas.TryTake(member, quota, 3, out UtcDay yesterday));
        broker.Time.Advance(TimeSpan.FromHours(13));
        quotas.GiveBack(member, quota, 3, yesterday);
        Assert.Null(quotas.TryTake(member, quota, 3, out UtcDay today));
        Assert.Equal(yesterday.AddDays(1), today);
        Assert.Equal("QUOTA_EXHAUSTED", quotas.TryTake(member, quota, 1, out _)?.Code);

        // Given back twice is given back once.
        quotas.GiveBack(member, quota, 3, today);
        quotas.GiveBack(member, quota, 3, today);
        Assert.Null(quotas.TryTake(member, quota, 3, out _));
        Assert.Equal("QUOTA_EXHAUSTED", quotas.TryTake(member, quota, 1, out _)?.Code);
    }

    [Fact]
    public async Task Too_many_at_once_have_to_wait()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(new QuotaOptions { ElementBurst = 512, ElementsPerSecond = 10 });
        byte[][] inputs = [.. Enumerable.Range(0, 510).Select(i => BitConverter.GetBytes(i))];
        await EvaluateAsync(network, IdentifierClass.Strong, inputs);
        using BlindedInput blinded = new VoprfClient(RandomSource.System).Blind("alpha"u8);
        byte[] element = blinded.Element.ToArray();
        Refusal refusal = await AssertRefusedAsync(network, IdentifierClass.Strong, 1, [.. Enumerable.Repeat(element, 12)], StatusCode.ResourceExhausted, "RATE_LIMITED");
        Assert.Contains("1 s", refusal.Remedy, StringComparison.Ordinal);
        network.Broker.Time.Advance(TimeSpan.FromSeconds(1));
        await EvaluateAsync(network, IdentifierClass.Strong, inputs[..12]);
    }

    private static async Task<byte[][]> EvaluateAsync(TestNetwork network, IdentifierClass identifierClass, params byte[][] inputs)
    {
        VoprfClient client = new(RandomSource.System);
        BlindedInput[] blinded = [.. inputs.Select(input => client.Blind(input))];
        EvaluateRequest request = new() { IdentifierClass = identifierClass, Version = 1 };
        request.BlindedElements.AddRange(blinded.Select(input => ByteString.CopyFrom(input.Element.ToArray())));
        EvaluateResponse response = await new PseudonymsService.PseudonymsServiceClient(network.Steward.Connect(network.Broker)).EvaluateAsync(request);

        RistrettoElement publicKey = RistrettoElement.FromBytes(
            network.Broker.Core.View.Current.OprfKeys!.Evaluators.Single(evaluator => evaluator.Name == "broker").ClassKeys.Single(key => key.IdentifierClass == identifierClass).PublicKey.Span);
        RistrettoElement[] evaluated = [.. response.EvaluatedElements.Select(element => RistrettoElement.FromBytes(element.Span))];
        Assert.True(VoprfClient.VerifyProof(publicKey, [.. blinded.Select(input => input.Element)], evaluated, DleqProof.FromBytes(response.Proof.Span)));
        return VoprfClient.FinaliseBatch(blinded, evaluated);
    }

    private static async Task<Refusal> AssertRefusedAsync(TestNetwork network, IdentifierClass identifierClass, uint version, byte[][] elements, StatusCode status, string code)
    {
        EvaluateRequest request = new() { IdentifierClass = identifierClass, Version = version };
        request.BlindedElements.AddRange(elements.Select(element => ByteString.CopyFrom(element)));
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await new PseudonymsService.PseudonymsServiceClient(network.Steward.Connect(network.Broker)).EvaluateAsync(request));
        Refusal refusal = refused.ToRefusal("broker");
        Assert.Equal((status, code), (refused.StatusCode, refusal.Code));
        return refusal;
    }
}
