using System.Text;
using System.Text.Json;

namespace Gateway.Cryptography.Tests;

public sealed class VoprfVectorTests
{
    [Theory]
    [InlineData(VoprfMode.Oprf, 2)]
    [InlineData(VoprfMode.Voprf, 3)]
    public void Every_case_of_RFC_9497_comes_out_byte_for_byte(VoprfMode mode, int cases)
    {
        JsonElement suite = Vectors.Read("voprf/ristretto255-sha512.json").EnumerateArray().Single(s => s.GetProperty("mode").GetInt32() == (int)mode);
        using var key = VoprfKey.Derive(suite.Bytes("seed"), suite.Bytes("keyInfo"), mode);
        Assert.Equal(suite.Bytes("skSm"), key.Scalar.ToArray());
        if (mode == VoprfMode.Voprf)
        {
            Assert.Equal(suite.Bytes("pkSm"), key.PublicKey.ToArray());
        }

        int run = 0;
        foreach (JsonElement vector in suite.GetProperty("vectors").EnumerateArray())
        {
            var blinds = new ScriptedRandomSource(vector.Batch("Blind"));
            var client = new VoprfClient(blinds, mode);
            BlindedInput[] blinded = [.. vector.Batch("Input").Select(input => client.Blind(input))];
            RistrettoElement[] sent = [.. blinded.Select(b => b.Element)];
            Assert.Equal(0, blinds.Remaining);
            Assert.Equal(vector.GetProperty("Batch").GetInt32(), blinded.Length);
            Assert.Equal(vector.Batch("BlindedElement"), sent.Select(e => e.ToArray()));

            RistrettoElement[] evaluated = Evaluate(key, sent, vector);
            Assert.Equal(vector.Batch("EvaluationElement"), evaluated.Select(e => e.ToArray()));
            Assert.Equal(vector.Batch("Output"), blinded.Zip(evaluated, VoprfClient.Finalise));
            Assert.Equal(vector.Batch("Output"), VoprfClient.FinaliseBatch(blinded, evaluated));
            run++;
        }

        Assert.Equal(cases, run);
    }

    [Fact]
    public void The_public_derivation_is_mode_1()
    {
        JsonElement suite = Vectors.Read("voprf/ristretto255-sha512.json").EnumerateArray().Single(s => s.GetProperty("mode").GetInt32() == 1);
        Assert.Equal("HashToGroup-OPRFV1-\u0001-ristretto255-SHA512", Encoding.ASCII.GetString(suite.Bytes("groupDST")));
        using var key = VoprfKey.Derive(suite.Bytes("seed"), suite.Bytes("keyInfo"));
        Assert.Equal(suite.Bytes("pkSm"), key.PublicKey.ToArray());
    }

    private static RistrettoElement[] Evaluate(VoprfKey key, RistrettoElement[] sent, JsonElement vector)
    {
        if (!vector.TryGetProperty("Proof", out JsonElement proof))
        {
            return new VoprfServer(key, new ScriptedRandomSource()).EvaluateWithoutProof(sent);
        }

        VoprfEvaluation evaluation = new VoprfServer(key, new ScriptedRandomSource(proof.Bytes("r"))).Evaluate(sent);
        Assert.Equal(proof.Bytes("proof"), evaluation.Proof.ToArray());
        Assert.True(VoprfClient.VerifyProof(key.PublicKey, sent, evaluation.Elements, evaluation.Proof));
        return evaluation.Elements;
    }
}
