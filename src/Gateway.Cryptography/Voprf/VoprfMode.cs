namespace Gateway.Cryptography;

/// <summary>The protocol variants of RFC 9497 §3.1 that are implemented; the number enters every hash.</summary>
public enum VoprfMode : byte
{
    /// <summary>Without proof: the client must trust the server's key.</summary>
    Oprf = 0,

    /// <summary>Verifiable: each batch is proven against the server's public key.</summary>
    Voprf = 1,
}
