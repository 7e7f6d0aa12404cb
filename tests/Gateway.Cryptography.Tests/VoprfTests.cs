using FsCheck;
using FsCheck.Fluent;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography.Tests;

public sealed class VoprfTests
{
    // A scalar multiplication takes ~50 µs: forty cases of these properties keep the suite within seconds.
    private static readonly Config _fewer = Config.QuickThrowOnFailure.WithMaxTest(40);

    [Fact]
    public void The_output_does_not_depend_on_the_blind()
    {
        using VoprfKey key = KeyFrom(1);
        var server = new VoprfServer(key, RandomSource.System);
        var client = new VoprfClient(RandomSource.System);
        Prop.ForAll<byte[]>(input =>
        {
            using BlindedInput first = client.Blind(input);
            using BlindedInput second = client.Blind(input);
            VoprfEvaluation evaluation = server.Evaluate([first.Element, second.Element]);
            return first.Element != second.Element
                && VoprfClient.VerifyProof(key.PublicKey, [first.Element, second.Element], evaluation.Elements, evaluation.Proof)
                && VoprfClient.Finalise(first, evaluation.Elements[0]).AsSpan().SequenceEqual(VoprfClient.Finalise(second, evaluation.Elements[1]));
        }).Check(_fewer);
    }

    [Fact]
    public void Who_holds_the_key_gets_the_same_output_in_one_step()
    {
        using VoprfKey key = KeyFrom(1);
        Prop.ForAll<byte[]>(input => key.Output(input).AsSpan().SequenceEqual(OutputOf(key, input))).Check(_fewer);
        Assert.Throws<ArgumentException>(() => key.Output(new byte[VoprfClient.MaximumInput + 1]));
    }

    [Fact]
    public void Different_inputs_and_different_keys_give_different_outputs()
    {
        using VoprfKey key = KeyFrom(1);
        using VoprfKey other = KeyFrom(2);
        Prop.ForAll<byte[], byte[]>((left, right) =>
            !OutputOf(key, left).SequenceEqual(OutputOf(other, left))
            && left.AsSpan().SequenceEqual(right) == OutputOf(key, left).SequenceEqual(OutputOf(key, right))).Check(_fewer);
    }

    [Fact]
    public void Two_evaluators_equal_one_with_the_summed_key()
    {
        using VoprfKey first = KeyFrom(1);
        using VoprfKey second = KeyFrom(2);
        byte[] scalar = new byte[RistrettoScalar.Size];
        Libsodium.crypto_core_ristretto255_scalar_add(scalar, first.Scalar, second.Scalar);
        using var summed = VoprfKey.FromScalar(scalar, VoprfMode.Voprf);
        Assert.True(RistrettoElement.TryAdd(first.PublicKey, second.PublicKey, out RistrettoElement publicKey));
        Assert.Equal(summed.PublicKey, publicKey);

        Batch batch = Batch.Of(5);
        VoprfEvaluation one = new VoprfServer(first, RandomSource.System).Evaluate(batch.Sent);
        VoprfEvaluation two = new VoprfServer(second, RandomSource.System).Evaluate(batch.Sent);
        Assert.True(VoprfClient.VerifyProof(first.PublicKey, batch.Sent, one.Elements, one.Proof));
        Assert.True(VoprfClient.VerifyProof(second.PublicKey, batch.Sent, two.Elements, two.Proof));
        RistrettoElement[] sums = [.. one.Elements.Zip(two.Elements, (a, b) => RistrettoElement.TryAdd(a, b, out var sum) ? sum : default)];

        VoprfEvaluation whole = new VoprfServer(summed, RandomSource.System).Evaluate(batch.Sent);
        Assert.Equal(whole.Elements, sums);
        Assert.Equal(VoprfClient.FinaliseBatch(batch.Blinded, whole.Elements), VoprfClient.FinaliseBatch(batch.Blinded, sums));
    }

    [Fact]
    public void A_proof_fails_for_another_key_another_batch_another_order_or_an_altered_element()
    {
        using VoprfKey key = KeyFrom(1);
        using VoprfKey other = KeyFrom(2);
        Batch batch = Batch.Of(3);
        Batch foreign = Batch.Of(3);
        (RistrettoElement[] elements, DleqProof proof) = new VoprfServer(key, RandomSource.System).Evaluate(batch.Sent);
        Assert.True(VoprfClient.VerifyProof(key.PublicKey, batch.Sent, elements, proof));

        Assert.False(VoprfClient.VerifyProof(other.PublicKey, batch.Sent, elements, proof));
        Assert.False(VoprfClient.VerifyProof(default, batch.Sent, elements, proof));
        Assert.False(VoprfClient.VerifyProof(key.PublicKey, foreign.Sent, elements, proof));
        Assert.False(VoprfClient.VerifyProof(key.PublicKey, batch.Sent, [elements[1], elements[0], elements[2]], proof));
        Assert.False(VoprfClient.VerifyProof(key.PublicKey, batch.Sent, [elements[0], elements[1], foreign.Sent[0]], proof));
        Assert.False(VoprfClient.VerifyProof(key.PublicKey, batch.Sent, [elements[0], elements[1], default], proof));
        Assert.False(VoprfClient.VerifyProof(key.PublicKey, batch.Sent, elements[..2], proof));
        Assert.False(VoprfClient.VerifyProof(key.PublicKey, batch.Sent[..2], elements[..2], proof));
        Assert.False(VoprfClient.VerifyProof(key.PublicKey, [], [], proof));
        Assert.False(VoprfClient.VerifyProof(key.PublicKey, batch.Sent, elements, default));
    }

    [Fact]
    public void A_proof_with_any_byte_altered_fails()
    {
        using VoprfKey key = KeyFrom(1);
        Batch batch = Batch.Of(2);
        VoprfEvaluation evaluation = new VoprfServer(key, RandomSource.System).Evaluate(batch.Sent);
        for (int i = 0; i < DleqProof.Size; i++)
        {
            byte[] altered = evaluation.Proof.ToArray();
            altered[i] ^= 0x01;
            Assert.False(DleqProof.TryFromBytes(altered, out DleqProof proof) && VoprfClient.VerifyProof(key.PublicKey, batch.Sent, evaluation.Elements, proof));
        }
    }

    [Fact]
    public void Each_proof_has_a_fresh_nonce()
    {
        using VoprfKey key = KeyFrom(1);
        var server = new VoprfServer(key, RandomSource.System);
        Batch batch = Batch.Of(1);
        VoprfEvaluation first = server.Evaluate(batch.Sent);
        VoprfEvaluation second = server.Evaluate(batch.Sent);
        Assert.Equal(first.Elements, second.Elements);
        Assert.NotEqual(first.Proof, second.Proof);
    }

    [Fact]
    public void A_full_batch_is_proven_and_one_more_element_is_refused()
    {
        using VoprfKey key = KeyFrom(1);
        var server = new VoprfServer(key, RandomSource.System);
        Batch batch = Batch.Of(VoprfServer.MaximumBatch);
        VoprfEvaluation evaluation = server.Evaluate(batch.Sent);
        Assert.True(VoprfClient.VerifyProof(key.PublicKey, batch.Sent, evaluation.Elements, evaluation.Proof));

        Assert.Throws<ArgumentException>(() => server.Evaluate([.. batch.Sent, batch.Sent[0]]));
        Assert.Throws<ArgumentException>(() => server.Evaluate([]));
        Assert.Throws<ArgumentException>(() => server.Evaluate([batch.Sent[0], default]));
    }

    [Fact]
    public void Batched_and_single_finalising_agree_and_refuse_what_does_not_fit()
    {
        using VoprfKey key = KeyFrom(1);
        Batch batch = Batch.Of(7);
        RistrettoElement[] evaluated = new VoprfServer(key, RandomSource.System).EvaluateWithoutProof(batch.Sent);
        Assert.Equal(batch.Blinded.Zip(evaluated, VoprfClient.Finalise), VoprfClient.FinaliseBatch(batch.Blinded, evaluated));
        Assert.Empty(VoprfClient.FinaliseBatch([], []));
        Assert.Throws<ArgumentException>(() => VoprfClient.FinaliseBatch(batch.Blinded, evaluated[..6]));
        Assert.Throws<ArgumentException>(() => VoprfClient.Finalise(batch.Blinded[0], default));
    }

    [Fact]
    public void The_longest_input_is_taken_and_one_byte_more_is_refused()
    {
        using VoprfKey key = KeyFrom(1);
        Assert.Equal(VoprfClient.OutputSize, OutputOf(key, new byte[VoprfClient.MaximumInput]).Length);
        Assert.Throws<ArgumentException>(() => new VoprfClient(RandomSource.System).Blind(new byte[VoprfClient.MaximumInput + 1]));
    }

    [Fact]
    public void Keys_derived_from_another_seed_or_info_differ()
    {
        byte[] seed = new byte[32];
        using var key = VoprfKey.Derive(seed, "a"u8);
        using var same = VoprfKey.Derive(seed, "a"u8);
        using var otherInfo = VoprfKey.Derive(seed, "b"u8);
        seed[31] = 1;
        using var otherSeed = VoprfKey.Derive(seed, "a"u8);
        Assert.Equal(key.PublicKey, same.PublicKey);
        Assert.Equal(3, new[] { key.PublicKey, otherInfo.PublicKey, otherSeed.PublicKey }.Distinct().Count());
        Assert.Throws<ArgumentException>(() => VoprfKey.Derive(new byte[31], "a"u8));
    }

    private static VoprfKey KeyFrom(byte seed) => VoprfKey.Derive([.. Enumerable.Repeat(seed, 32)], "gateway/v1/oprf/test/1"u8);

    private static byte[] OutputOf(VoprfKey key, byte[] input)
    {
        using BlindedInput blinded = new VoprfClient(RandomSource.System).Blind(input);
        return VoprfClient.Finalise(blinded, new VoprfServer(key, RandomSource.System).EvaluateWithoutProof([blinded.Element])[0]);
    }

    private sealed record Batch(BlindedInput[] Blinded, RistrettoElement[] Sent)
    {
        internal static Batch Of(int count)
        {
            var client = new VoprfClient(RandomSource.System);
            BlindedInput[] blinded = [.. Enumerable.Range(0, count).Select(i => client.Blind(BitConverter.GetBytes(i)))];
            return new Batch(blinded, [.. blinded.Select(b => b.Element)]);
        }
    }
}
