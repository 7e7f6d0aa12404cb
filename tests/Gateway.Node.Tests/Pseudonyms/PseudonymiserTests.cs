using Gateway.Broker.Evaluators;
using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Index;
using Gateway.Node.Pseudonyms;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Node.Tests.Pseudonyms;

public sealed class PseudonymiserTests
{
    [Fact]
    public async Task Identifiers_are_evaluated_once_however_often_they_are_asked_for_and_in_full_batches()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        Identifier[] identifiers = [.. Enumerable.Range(0, 1_100).Select(Email)];
        Task<byte[][]>[] asked = [.. Enumerable.Range(0, 3).Select(_ => node.Pseudonymiser.EvaluateAsync(identifiers, CancellationToken.None))];
        byte[][][] answers = await Task.WhenAll(asked);
        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(answers[0], answers[2]);
        int canaries = node.Wire.Evaluations.Count; // At most one a batch is asked for a second time, on purpose.
        int elements = node.Wire.Evaluations.Sum(request => request.BlindedElements.Count);
        Assert.InRange(elements, 1_100, 1_100 + canaries);
        Assert.All(node.Wire.Evaluations, request => Assert.InRange(request.BlindedElements.Count, 1, 512));
        Assert.InRange(canaries, 3, 5);

        await node.Pseudonymiser.EvaluateAsync(identifiers, CancellationToken.None);
        await node.RestartAsync();
        await node.Pseudonymiser.EvaluateAsync(identifiers, CancellationToken.None);
        Assert.Equal(canaries, node.Wire.Evaluations.Count);
        Assert.Equal(0, node.Pseudonymiser.PendingCount);
    }

    [Fact]
    public async Task A_proof_that_does_not_hold_uses_nothing_and_raises_an_alarm()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        node.Wire.Evaluated = response => response.Proof = ByteString.CopyFrom([(byte)(response.Proof[0] ^ 1), .. response.Proof.Span[1..]]);
        Task<byte[][]> asked = node.Pseudonymiser.EvaluateAsync([Email(1)], CancellationToken.None);
        await UntilAsync(node, async () => (await node.Core.AlarmsAsync()).Any(alarm => alarm.Code == "EVALUATION_UNPROVEN"));
        Assert.False(asked.IsCompleted);
        Assert.Equal(KnownState.Unknown, node.Core.Matcher.Known.Find(node.Core.Cache.HashOf(Email(1))));
        node.Wire.Evaluated = _ => { };
        await UntilAsync(node, () => Task.FromResult(asked.IsCompleted));
        Assert.Single(await asked);
    }

    [Fact]
    public async Task An_evaluator_that_uses_another_key_than_the_log_states_is_found_out()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.Pseudonymiser.EvaluateAsync([Email(1)], CancellationToken.None);
        using OprfShare other = OprfShare.Derive(new byte[OprfShare.SeedSize], 1, RandomSource.System);
        node.Wire.Instead = other;
        Task<byte[][]> asked = node.Pseudonymiser.EvaluateAsync([Email(2)], CancellationToken.None);
        await UntilAsync(node, async () => (await node.Core.AlarmsAsync()).Any(alarm => alarm.Code == "EVALUATION_UNPROVEN"));
        Assert.False(asked.IsCompleted);
        Assert.Equal(KnownState.Unknown, node.Core.Matcher.Known.Find(node.Core.Cache.HashOf(Email(2))));
    }

    [Fact]
    public async Task With_the_broker_away_identifiers_stay_pending_and_are_done_when_it_is_back()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        node.Wire.IsAway = true;
        Task<byte[][]> asked = node.Pseudonymiser.EvaluateAsync([Email(1), Email(2)], CancellationToken.None);
        node.Core.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(asked.IsCompleted);
        Assert.Equal(2, node.Pseudonymiser.PendingCount);
        node.Wire.IsAway = false;
        await UntilAsync(node, () => Task.FromResult(asked.IsCompleted));
        Assert.Equal(2, (await asked).Length);
        Assert.Empty(await node.Core.AlarmsAsync());
    }

    [Fact]
    public async Task A_store_that_fails_unforeseen_leaves_no_class_without_a_worker()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        int failures = 0;
        node.Core.Refuses = name => name == "AddKnownAsync" && (Interlocked.Increment(ref failures) <= 3 ? throw new InvalidOperationException("unforeseen") : false);
        Task<byte[][]> asked = node.Pseudonymiser.EvaluateAsync([Email(1)], CancellationToken.None);
        await UntilAsync(node, () => Task.FromResult(asked.IsCompleted));
        Assert.Single(await asked);
        Assert.Equal("WORK_FAILED", Assert.Single(await node.Core.AlarmsAsync()).Code);
    }

    [Fact]
    public async Task The_elements_of_two_evaluators_are_added()
    {
        ManualTime time = ManualTime.Now();
        TestLog log = new(UtcDay.Of(time.GetUtcNow()), null, "broker", "second");
        OprfKeys keys = new() { Version = 1 };
        foreach ((string name, OprfShare evaluator) in log.Evaluators)
        {
            keys.Evaluators.Add(evaluator.ToKeys(name, name == "broker" ? "" : "https://localhost:1"));
        }

        Dictionary<string, TestWire> wires = log.Evaluators.Keys.ToDictionary(name => name, name => new TestWire(log, log.Second, name));
        byte[] input = Email(1).Encode();
        byte[] both = Assert.Single(await new EvaluatorClient(evaluator => wires[evaluator.Name], RandomSource.System).EvaluateAsync([input], Gateway.Matching.Identifiers.IdentifierClass.Strong, keys, CancellationToken.None));
        Assert.All(wires.Values, wire => Assert.Single(wire.Evaluations));

        keys.Evaluators.RemoveAt(1);
        byte[] one = Assert.Single(await new EvaluatorClient(evaluator => wires[evaluator.Name], RandomSource.System).EvaluateAsync([input], Gateway.Matching.Identifiers.IdentifierClass.Strong, keys, CancellationToken.None));
        Assert.NotEqual(one, both);
    }

    [Fact]
    public async Task A_bad_proof_names_its_evaluator_also_where_another_is_away()
    {
        ManualTime time = ManualTime.Now();
        (OprfKeys keys, Dictionary<string, TestWire> wires) = Three(time);
        wires["second"].Evaluated = response => response.Proof = ByteString.CopyFrom([(byte)(response.Proof[0] ^ 1), .. response.Proof.Span[1..]]);
        wires["broker"].IsAway = true;
        EvaluatorClient client = new(evaluator => wires[evaluator.Name], RandomSource.System);
        Refusal refusal = (await Assert.ThrowsAsync<RefusalException>(() => client.EvaluateAsync([Email(1).Encode()], Gateway.Matching.Identifiers.IdentifierClass.Strong, keys, CancellationToken.None))).Refusal;
        Assert.Equal(("EVALUATION_UNPROVEN", "evaluator second"), (refusal.Code, refusal.Which));
    }

    [Fact]
    public async Task Where_one_evaluator_is_away_the_others_are_not_asked_twice()
    {
        ManualTime time = ManualTime.Now();
        (OprfKeys keys, Dictionary<string, TestWire> wires) = Three(time);
        EvaluatorClient client = new(evaluator => wires[evaluator.Name], RandomSource.System);
        wires["third"].IsAway = true;
        byte[][] inputs = [Email(1).Encode(), Email(2).Encode()];
        using EvaluationAttempt attempt = client.Begin(inputs, Gateway.Matching.Identifiers.IdentifierClass.Strong, keys);
        for (int i = 0; i < 3; i++) Assert.Equal("PEER_UNAVAILABLE", (await Assert.ThrowsAsync<RefusalException>(() => client.CompleteAsync(attempt, keys, CancellationToken.None))).Refusal.Code);
        wires["third"].IsAway = false;
        byte[][] evaluations = await client.CompleteAsync(attempt, keys, CancellationToken.None);
        Assert.All(wires.Values, wire => Assert.Single(wire.Evaluations));
        Assert.All(wires.Values, wire => Assert.False(wire.Evaluations.Single().PublicKey.IsEmpty));
        Assert.Equal(evaluations, await client.EvaluateAsync(inputs, Gateway.Matching.Identifiers.IdentifierClass.Strong, keys, CancellationToken.None));
    }

    [Fact]
    public async Task Answers_of_two_distributions_of_the_key_are_never_added_up()
    {
        ManualTime time = ManualTime.Now();
        TestLog log = new(UtcDay.Of(time.GetUtcNow()), null, "broker", "second");
        OprfShare broker = log.Evaluators["broker"], second = log.Evaluators["second"];
        using OprfShare difference = OprfShare.Create(1, new byte[32], RandomSource.System);
        OprfShare freshBroker = broker.Subtract(difference, new byte[32], RandomSource.System), freshSecond = second.Add(difference, new byte[32], RandomSource.System);
        OprfKeys before = KeysOf(broker, second), after = KeysOf(freshBroker, freshSecond);
        Dictionary<string, TestWire> wires = new[] { "broker", "second" }.ToDictionary(name => name, name => new TestWire(log, log.Second, name));
        EvaluatorClient client = new(evaluator => wires[evaluator.Name], RandomSource.System);
        byte[][] inputs = [Email(1).Encode()];
        byte[][] right = await client.EvaluateAsync(inputs, Gateway.Matching.Identifiers.IdentifierClass.Strong, before, CancellationToken.None);

        // The broker has answered under its old share when the second evaluator goes away; when it is back, the log names the new ones.
        wires["second"].IsAway = true;
        using EvaluationAttempt attempt = client.Begin(inputs, Gateway.Matching.Identifiers.IdentifierClass.Strong, before);
        await Assert.ThrowsAsync<RefusalException>(() => client.CompleteAsync(attempt, before, CancellationToken.None));
        (wires["broker"].Instead, wires["second"].Instead, wires["second"].IsAway) = (freshBroker, freshSecond, false);
        Assert.Equal(right, await client.CompleteAsync(attempt, after, CancellationToken.None));
    }

    [Fact]
    public async Task With_one_of_two_evaluators_away_new_identifiers_are_pending_and_known_ones_go_on()
    {
        await using TestOutbox node = await TestOutbox.StartAsync(null, "broker", "second");
        byte[][] known = await node.Pseudonymiser.EvaluateAsync([Email(1)], CancellationToken.None);
        node.Other.IsAway = true;
        Task<byte[][]> unknown = node.Pseudonymiser.EvaluateAsync([Email(2)], CancellationToken.None);
        node.Core.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(known, await node.Pseudonymiser.EvaluateAsync([Email(1)], CancellationToken.None));
        Assert.NotEqual(KnownState.Unknown, node.Core.Matcher.Known.Find(node.Core.Cache.HashOf(Email(1))));
        Assert.Equal(KnownState.Unknown, node.Core.Matcher.Known.Find(node.Core.Cache.HashOf(Email(2))));
        Assert.Equal((false, 1), (unknown.IsCompleted, node.Pseudonymiser.PendingCount));
        node.Other.IsAway = false;
        await UntilAsync(node, () => Task.FromResult(unknown.IsCompleted));
        Assert.Single(await unknown);
        Assert.Empty(await node.Core.AlarmsAsync());
    }

    [Fact]
    public async Task An_evaluator_is_reached_at_the_address_in_the_log()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        OprfShare share = node.Core.Log.View.State.OprfKeys is not null ? OprfShare.Create(1, new byte[32], RandomSource.System) : throw new InvalidOperationException();
        using System.Security.Cryptography.X509Certificates.X509Certificate2 authority = TestAuthority();
        Gateway.Protocol.Identity.AuthoritySet authorities = new([authority]);
        using Gateway.Node.Broker.EvaluatorConnections connections = new(node.Wire, "test.example", () => authorities, null!, _ => false, node.Core.Time, null);
        Assert.Same(node.Wire, connections.Of(share.ToKeys()));
        Assert.Null(connections.Of(share.ToKeys("second", "")));
        Assert.Null(connections.Of(share.ToKeys("second", "http://localhost:1")));
        Grpc.Core.CallInvoker second = connections.Of(share.ToKeys("second", "https://localhost:1"))!;
        Assert.Same(second, connections.Of(share.ToKeys("second", "https://localhost:1")));
        Assert.NotSame(second, connections.Of(share.ToKeys("second", "https://localhost:2")));
        connections.Renew();
        share.Dispose();
    }

    private static System.Security.Cryptography.X509Certificates.X509Certificate2 TestAuthority()
    {
        using System.Security.Cryptography.ECDsa key = System.Security.Cryptography.ECDsa.Create();
        return new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=authority", key, System.Security.Cryptography.HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
    }

    private static (OprfKeys Keys, Dictionary<string, TestWire> Wires) Three(ManualTime time)
    {
        TestLog log = new(UtcDay.Of(time.GetUtcNow()), null, "broker", "second", "third");
        OprfKeys keys = new() { Version = 1 };
        foreach ((string name, OprfShare evaluator) in log.Evaluators) keys.Evaluators.Add(evaluator.ToKeys(name, name == "broker" ? "" : "https://localhost:1"));
        return (keys, log.Evaluators.Keys.ToDictionary(name => name, name => new TestWire(log, log.Second, name)));
    }

    private static OprfKeys KeysOf(OprfShare broker, OprfShare second) => new() { Version = 1, Evaluators = { broker.ToKeys(), second.ToKeys("second", "https://localhost:1") } };

    [Fact]
    public async Task An_evaluator_without_an_address_or_without_a_key_is_refused()
    {
        ManualTime time = ManualTime.Now();
        TestLog log = new(UtcDay.Of(time.GetUtcNow()));
        OprfKeys keys = new() { Version = 1, Evaluators = { log.Evaluators["broker"].ToKeys() } };
        Assert.Equal("EVALUATOR_UNKNOWN", await CodeAsync(new EvaluatorClient(_ => null, RandomSource.System), keys));
        keys.Evaluators[0].ClassKeys.Clear();
        Assert.Equal("EVALUATOR_KEY_MISSING", await CodeAsync(new EvaluatorClient(_ => new TestWire(log, log.Second), RandomSource.System), keys));
        keys.Evaluators.Clear();
        Assert.Equal("EVALUATORS_MISSING", await CodeAsync(new EvaluatorClient(_ => null, RandomSource.System), keys));
    }

    private static async Task<string> CodeAsync(EvaluatorClient client, OprfKeys keys) =>
        (await Assert.ThrowsAsync<RefusalException>(() => client.EvaluateAsync([Email(1).Encode()], Gateway.Matching.Identifiers.IdentifierClass.Strong, keys, CancellationToken.None))).Refusal.Code;

    private static Identifier Email(int number) => IdentifierNormaliser.Normalise(new Gateway.Matching.Identifiers.StatedIdentifier(IdentifierType.Email, $"shop{number}@bad-shoes.example", "")).Identifier!.Value;

    private static async Task UntilAsync(TestOutbox node, Func<Task<bool>> holds)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        while (!await holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            node.Core.Time.Advance(TimeSpan.FromMilliseconds(500)); // What waits for the clock goes on; it is the work itself that is waited for.
            await Task.Delay(10, CancellationToken.None);
        }
    }
}
