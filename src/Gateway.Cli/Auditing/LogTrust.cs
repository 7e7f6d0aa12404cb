using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;

namespace Gateway.Cli.Auditing;

/// <summary>What an auditor trusts before anything is read: the log's key itself, or the Genesis hash that names it.</summary>
/// <param name="Key">The log's key as a C2SP verifier key, or null.</param>
/// <param name="GenesisHash">SHA-256 of the Genesis entry, 32 bytes, or null.</param>
public sealed record LogTrust(NoteKey? Key, byte[]? GenesisHash)
{
    private const int SaltSize = LeafData.SaltSize;

    /// <summary>Finds the log's key, and the Genesis entry where the log serves it.</summary>
    /// <exception cref="RefusalException">The log's Genesis is not the one that is pinned, or the key is no log's.</exception>
    public async Task<(LogVerifier Verifier, NoteKey Key, byte[]? GenesisEntry)> OpenAsync(HttpTiles source, CancellationToken cancellation)
    {
        byte[]? served = await source.TryReadAsync("genesis", cancellation);
        byte[]? entry = served?.Length > SaltSize ? served[SaltSize..] : null;
        if (Key is null) return OpenGenesis(entry);
        if (Key.Algorithm != NoteKey.Ed25519 || !VerifyingKey.TryFromBytes(Key.PublicKey, out VerifyingKey key)) throw new RefusalException(Refusal.Invalid("KEY_INVALID", "The key is no Ed25519 verifier key of a log.", "--key", "Give name+id+base64 as C2SP signed-note has it."));
        if (GenesisHash is not null && OpenGenesis(entry).Key.ToString() != Key.ToString()) throw Foreign("The log's Genesis names another key than the one given.");
        return (new LogVerifier(Key.Name, key), Key, Names(entry, Key) ? entry : null);
    }

    /// <summary>Whether a Genesis entry names a log's key: evidence that begins with another proves nothing.</summary>
    public static bool Names(byte[]? entry, NoteKey key) =>
        entry is not null && ForkProof.OpenGenesis(entry, NetworkState.HashGenesis(entry), out _) is not null
        && Protocol.V1.Entry.Parser.ParseFrom(entry).Genesis is { } genesis && new NoteKey(genesis.Network, NoteKey.Ed25519, genesis.LogPk.Span).ToString() == key.ToString();

    private (LogVerifier Verifier, NoteKey Key, byte[]? GenesisEntry) OpenGenesis(byte[]? entry)
    {
        if (entry is null) throw new RefusalException(Refusal.NotFound("GENESIS_MISSING", "The log does not serve its Genesis entry, which names its key.", "genesis", "Give the log's key with --key."));
        LogVerifier verifier = ForkProof.OpenGenesis(entry, GenesisHash, out string? fault) ?? throw Foreign(fault!);
        Protocol.V1.Genesis genesis = Protocol.V1.Entry.Parser.ParseFrom(entry).Genesis;
        return (verifier, new NoteKey(genesis.Network, NoteKey.Ed25519, genesis.LogPk.Span), entry);
    }

    private static RefusalException Foreign(string what) => new(Refusal.DataLoss("GENESIS_FOREIGN", what, "genesis", "Do not trust this log: it is not the one you pin."));
}
