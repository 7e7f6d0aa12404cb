using Gateway.Cryptography;
using Gateway.Ledger;

namespace Gateway.Protocol.Log;

/// <summary>Signs checkpoints with the log key (C2SP signed-note, Ed25519, type 01).</summary>
public sealed class LogSigner(string network, SigningKey key) : INoteSigner
{
    /// <inheritdoc/>
    public string KeyName => network;

    /// <inheritdoc/>
    public uint KeyHash { get; } = NoteKey.Hash(network, NoteKey.Ed25519, key.PublicKey.ToArray());

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> text) => key.Sign(text);
}

/// <summary>Verifies checkpoints of a log.</summary>
public sealed class LogVerifier(string network, VerifyingKey key) : INoteVerifier
{
    /// <inheritdoc/>
    public string KeyName => network;

    /// <inheritdoc/>
    public uint KeyHash { get; } = NoteKey.Hash(network, NoteKey.Ed25519, key.ToArray());

    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) => key.Verify(text, signature);

    /// <summary>Reads a note that must be this log's checkpoint; null, with the reason, when it is not.</summary>
    public Checkpoint? Open(ReadOnlySpan<byte> note, out string? fault)
    {
        if (!SignedNote.TryParse(note, out SignedNote? parsed, out fault)) return null;
        if (!parsed.IsSignedBy(this))
        {
            fault = "The checkpoint is not signed by the log's key.";
            return null;
        }

        if (!Checkpoint.TryParse(parsed.Text, out Checkpoint? checkpoint, out fault)) return null;
        if (checkpoint.Origin != network)
        {
            fault = "The checkpoint is of another network.";
            return null;
        }

        return checkpoint;
    }
}
