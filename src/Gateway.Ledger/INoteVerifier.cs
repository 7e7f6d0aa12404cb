namespace Gateway.Ledger;

/// <summary>A key that verifies signatures of notes; the key itself lives elsewhere.</summary>
public interface INoteVerifier
{
    /// <summary>The key's name.</summary>
    string KeyName { get; }

    /// <summary>The key's id (<see cref="NoteKey.Hash"/>).</summary>
    uint KeyHash { get; }

    /// <summary>Whether the signature, without its key id, holds over the UTF-8 text. Any length and content of either: false, never an exception.</summary>
    bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature);
}
