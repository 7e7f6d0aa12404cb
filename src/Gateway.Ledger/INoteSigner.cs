namespace Gateway.Ledger;

/// <summary>A key that signs notes; the key itself lives elsewhere.</summary>
public interface INoteSigner
{
    /// <summary>The key's name: not empty, without white space and without '+'.</summary>
    string KeyName { get; }

    /// <summary>The key's id (<see cref="NoteKey.Hash"/>).</summary>
    uint KeyHash { get; }

    /// <summary>
    /// The signature over the UTF-8 text of a note, as it goes into the signature line after the key id: 64 bytes for Ed25519; for a
    /// cosignature see <see cref="Cosignature"/>.
    /// </summary>
    byte[] Sign(ReadOnlySpan<byte> text);
}
