using Gateway.Cryptography;

namespace Gateway.Protocol.Identity;

/// <summary>
/// A member's proof that a PKCS #10 request is its own: Ed25519(member key, "gateway/v1/certificate-request" 00 ‖ genesis hash[32] ‖ LP4(request)). A token or an old certificate that fell
/// into other hands gives nobody a certificate in the member's name; shown again, the proof gives one only to who has the request's key.
/// </summary>
public static class CertificateRequestProof
{
    /// <summary>Signs a request: 64 bytes.</summary>
    /// <param name="request">PKCS #10, DER.</param>
    /// <param name="genesisHash">SHA-256 of the Genesis entry's bytes.</param>
    /// <param name="memberKey">The member key.</param>
    public static byte[] Sign(ReadOnlySpan<byte> request, ReadOnlySpan<byte> genesisHash, SigningKey memberKey) => memberKey.Sign(Message(request, genesisHash));

    /// <summary>Whether the proof of a request holds.</summary>
    public static bool Verify(ReadOnlySpan<byte> request, ReadOnlySpan<byte> genesisHash, VerifyingKey memberKey, ReadOnlySpan<byte> signature) =>
        signature.Length == SigningKey.SignatureSize && memberKey.Verify(Message(request, genesisHash), signature);

    private static ReadOnlySpan<byte> Message(ReadOnlySpan<byte> request, ReadOnlySpan<byte> genesisHash) =>
        new CanonicalWriter().Label("gateway/v1/certificate-request").Bytes(genesisHash).Prefixed(request).Written;
}
