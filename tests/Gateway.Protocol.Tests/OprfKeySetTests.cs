using Gateway.Cryptography;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>An entry of OPRF keys of the same version counts where the keys add up to what they were.</summary>
public sealed class OprfKeySetTests
{
    private static readonly VoprfKey Whole = VoprfKey.Derive(new byte[32], "whole"u8), Share = VoprfKey.Derive(new byte[32], "share"u8), Other = VoprfKey.Derive(new byte[32], "other"u8);

    [Fact]
    public void A_key_may_be_shared_out_anew_and_brought_together_again()
    {
        TestNetwork network = TestNetwork.With("ann", "bob");
        network.Accept(Keys(2, ("broker", Whole)));
        network.Accept(Keys(2, ("broker", Whole.Subtract(Share)!), ("second", Share)));
        Assert.Equal(2, network.State.OprfKeys!.Evaluators.Count);
        network.Accept(Keys(2, ("broker", Whole.Subtract(Share)!.Subtract(Other)!), ("second", Share.Add(Other)!)));
        network.Accept(Keys(2, ("broker", Whole)));
        network.Accept(Keys(3, ("broker", Other)));
        Assert.Equal(3u, network.State.OprfKeys.Version);
    }

    [Fact]
    public void Keys_of_another_sum_or_of_no_form_are_not_believed()
    {
        TestNetwork network = TestNetwork.With("ann", "bob");
        OprfKeys before = Keys(2, ("broker", Whole)).OprfKeys, split = Keys(2, ("broker", Whole.Subtract(Share)!), ("second", Share)).OprfKeys;
        network.Accept(new Entry { OprfKeys = before });
        (string What, Action<OprfKeys> Change)[] wrongs =
        [
            ("another sum", keys => keys.Evaluators[1] = Keys(2, ("second", Other)).OprfKeys.Evaluators[0]),
            ("one class of another sum", keys => keys.Evaluators[1].ClassKeys[2] = Keys(2, ("second", Other)).OprfKeys.Evaluators[0].ClassKeys[2]),
            ("an evaluator less", keys => keys.Evaluators.RemoveAt(1)),
            ("nobody", keys => keys.Evaluators.Clear()),
            ("a name twice", keys => keys.Evaluators[1].Name = "broker"),
            ("no name for a certificate", keys => keys.Evaluators[1].Name = "Second One"),
            ("no address", keys => keys.Evaluators[1].Address = ""),
            ("an address that is not https", keys => keys.Evaluators[1].Address = "http://localhost:1"),
            ("a class missing", keys => keys.Evaluators[1].ClassKeys.RemoveAt(0)),
            ("a class twice", keys => keys.Evaluators[1].ClassKeys.Add(keys.Evaluators[1].ClassKeys[0])),
            ("a key that is none", keys => keys.Evaluators[1].ClassKeys[0].PublicKey = ByteString.CopyFrom(new byte[32])),
            ("an older version", keys => keys.Version = 1),
            ("nothing new", keys => { keys.Evaluators.Clear(); keys.Evaluators.Add(before.Evaluators); }),
        ];
        foreach ((string what, Action<OprfKeys> change) in wrongs)
        {
            OprfKeys wrong = split.Clone();
            change(wrong);
            Entry entry = new() { OprfKeys = wrong };
            Assert.True(network.State.TryApply(entry, entry.ToByteArray(), out NetworkState next) is { Length: > 0 }, what);
            Assert.Same(network.State, next);
        }

        network.Accept(new Entry { OprfKeys = split });
    }

    [Fact]
    public void The_hash_tells_keys_apart_by_everything_in_them()
    {
        OprfKeys keys = Keys(2, ("broker", Whole), ("second", Share)).OprfKeys;
        byte[] hash = OprfKeySet.HashOf(keys);
        Assert.Equal(hash, OprfKeySet.HashOf(keys.Clone()));
        foreach (Action<OprfKeys> change in new Action<OprfKeys>[]
        {
            other => other.Version = 3,
            other => other.Evaluators[1].Name = "third",
            other => other.Evaluators[1].Address = "https://localhost:2",
            other => other.Evaluators.RemoveAt(1),
            other => other.Evaluators[1].ClassKeys[1].PublicKey = other.Evaluators[0].ClassKeys[1].PublicKey,
        })
        {
            OprfKeys other = keys.Clone();
            change(other);
            Assert.NotEqual(hash, OprfKeySet.HashOf(other));
        }
    }

    [Fact]
    public void A_reveal_names_a_record_and_a_reason()
    {
        TestNetwork network = TestNetwork.With("ann", "bob");
        network.Accept(new Entry { Reveal = new Reveal { RecordId = ByteString.CopyFrom(new byte[32]), Reason = RevealReason.Dispute } });
        foreach (Reveal wrong in new[] { new Reveal { RecordId = ByteString.CopyFrom(new byte[32]) }, new Reveal { RecordId = ByteString.CopyFrom(new byte[31]), Reason = RevealReason.Dispute } })
        {
            Entry entry = new() { Reveal = wrong };
            Assert.NotNull(network.State.TryApply(entry, entry.ToByteArray(), out _));
        }
    }

    private static Entry Keys(uint version, params (string Name, VoprfKey Key)[] evaluators)
    {
        OprfKeys keys = new() { Version = version };
        foreach ((string name, VoprfKey key) in evaluators)
        {
            EvaluatorKeys evaluator = new() { Name = name, Address = name == "broker" ? "" : "https://localhost:1" };
            foreach (IdentifierClass identifierClass in OprfKeySet.Classes) evaluator.ClassKeys.Add(new ClassKey { IdentifierClass = identifierClass, PublicKey = ByteString.CopyFrom(key.PublicKey.ToArray()) });
            keys.Evaluators.Add(evaluator);
        }

        return new Entry { OprfKeys = keys };
    }
}
