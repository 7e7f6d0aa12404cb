using System.Diagnostics.CodeAnalysis;
using Gateway.Cryptography;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Log;

/// <summary>Signed log messages (protocol §11): Ed25519(key, "gateway/v1/" ‖ message name ‖ 00 ‖ genesis hash[32] ‖ LP4(body)).</summary>
public static class Statements
{
    /// <summary>Signs a message as its first signer; the bytes made here are the statement's body for good.</summary>
    public static SignedStatement Sign<T>(T message, ReadOnlySpan<byte> genesisHash, MemberId signer, SigningKey key)
        where T : IMessage<T>
    {
        byte[] body = message.ToByteArray();
        return new SignedStatement { Body = ByteString.CopyFrom(body), Signatures = { Sign(message.Descriptor.Name, body, genesisHash, signer, key) } };
    }

    /// <summary>Signs a statement's body as a further signer.</summary>
    /// <param name="messageName">Name of the message the body holds, e.g. "KeyEpoch".</param>
    /// <param name="body">The body as received.</param>
    /// <param name="genesisHash">SHA-256 of the Genesis entry's bytes.</param>
    /// <param name="signer">Who signs.</param>
    /// <param name="key">Its member key.</param>
    public static StatementSignature Sign(string messageName, ReadOnlySpan<byte> body, ReadOnlySpan<byte> genesisHash, MemberId signer, SigningKey key) => new()
    {
        MemberId = ByteString.CopyFrom(signer.ToArray()),
        Signature = ByteString.CopyFrom(key.Sign(Message(messageName, genesisHash, body))),
    };

    /// <summary>Whether a member's signature of a body holds.</summary>
    public static bool Verify(string messageName, ReadOnlySpan<byte> body, StatementSignature signature, ReadOnlySpan<byte> genesisHash, VerifyingKey memberKey) =>
        memberKey.Verify(Message(messageName, genesisHash, body), signature.Signature.Span);

    /// <summary>The distinct members whose signatures of a statement hold.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="messageName">Name of the message its body holds.</param>
    /// <param name="genesisHash">SHA-256 of the Genesis entry's bytes.</param>
    /// <param name="keyOf">The member key of a member; null when there is no such member.</param>
    public static IReadOnlySet<MemberId> ValidSigners(SignedStatement statement, string messageName, ReadOnlySpan<byte> genesisHash, Func<MemberId, VerifyingKey?> keyOf)
    {
        HashSet<MemberId> signers = [];
        foreach (StatementSignature signature in statement.Signatures)
        {
            if (MemberId.TryFromBytes(signature.MemberId.Span, out MemberId member)
                && keyOf(member) is { } key
                && Verify(messageName, statement.Body.Span, signature, genesisHash, key))
            {
                signers.Add(member);
            }
        }

        return signers;
    }

    /// <summary>Reads the message of a statement's body; false when it is none.</summary>
    public static bool TryRead<T>(SignedStatement statement, MessageParser<T> parser, [NotNullWhen(true)] out T? message)
        where T : class, IMessage<T>
    {
        try
        {
            message = parser.ParseFrom(statement.Body);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            message = null;
            return false;
        }
    }

    private static ReadOnlySpan<byte> Message(string messageName, ReadOnlySpan<byte> genesisHash, ReadOnlySpan<byte> body) =>
        new CanonicalWriter().Label("gateway/v1/" + messageName).Bytes(genesisHash).Prefixed(body).Written;
}
