namespace Gateway.Ledger;

/// <summary>One signature line of a note. Nothing is known of its worth until <see cref="SignedNote.IsSignedBy"/> said so.</summary>
public sealed class NoteSignature
{
    private readonly byte[] _signature;

    /// <summary>A signature of this key.</summary>
    /// <exception cref="ArgumentException">The name is no key name, or the signature is empty.</exception>
    public NoteSignature(string keyName, uint keyHash, ReadOnlySpan<byte> signature)
    {
        if (!NoteText.IsKeyName(keyName))
        {
            throw new ArgumentException($"'{keyName}' is no key name: it must not be empty nor hold white space, control characters or '+'.", nameof(keyName));
        }

        if (signature.IsEmpty)
        {
            throw new ArgumentException($"The signature of '{keyName}' is empty.", nameof(signature));
        }

        KeyName = keyName;
        KeyHash = keyHash;
        _signature = signature.ToArray();
    }

    /// <summary>The name of the key it claims.</summary>
    public string KeyName { get; }

    /// <summary>The id of the key it claims.</summary>
    public uint KeyHash { get; }

    /// <summary>The signature's bytes, without the key id.</summary>
    public ReadOnlySpan<byte> Signature => _signature;
}
