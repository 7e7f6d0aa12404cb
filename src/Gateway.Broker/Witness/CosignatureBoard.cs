using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Storage;
using Gateway.Storage.Broker;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Witness;

/// <summary>
/// Members' newest cosignatures, for the other members and for anyone. They are kept on disk within seconds; one that is lost with the machine its member hands in again.
/// A checkpoint that the log's key has signed and the store does not have means that a second history begins here: then nothing is appended any more.
/// </summary>
public sealed class CosignatureBoard
{
    /// <summary>Most cosignatures in one answer.</summary>
    public const int MostInAnswer = 256;

    private static readonly TimeSpan WriteInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<MemberId, Posted> _posted = [];
    private readonly HashSet<MemberId> _unwritten = [];
    private readonly IBrokerStore _store;
    private readonly NetworkView _view;
    private readonly HistoryGuard _guard;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private Task _writing = Task.CompletedTask;
    private ulong _last;
    private long _writtenAt;

    private CosignatureBoard(IBrokerStore store, NetworkView view, HistoryGuard guard, TimeProvider time, ILogger log)
    {
        _store = store;
        _view = view;
        _guard = guard;
        _time = time;
        _log = log;
        _last = (ulong)time.GetUtcNow().UtcTicks; // So that numbers go on rising over a restart.
        _writtenAt = time.GetTimestamp();
    }

    /// <summary>Opens the board with what is stored.</summary>
    public static async ValueTask<CosignatureBoard> LoadAsync(IBrokerStore store, NetworkView view, HistoryGuard guard, TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        CosignatureBoard board = new(store, view, guard, time, log);
        foreach (StoredCosignature stored in await store.Witness.ReadCosignaturesAsync(cancellation).ConfigureAwait(false))
        {
            if (board.Open(stored.Note, out _) is { } cosigned) board._posted[stored.Member] = new Posted(++board._last, cosigned);
        }

        return board;
    }

    /// <summary>Takes up what other brokers on the same store have taken.</summary>
    public async ValueTask FollowAsync(CancellationToken cancellation)
    {
        foreach (StoredCosignature stored in await _store.Witness.ReadCosignaturesAsync(cancellation).ConfigureAwait(false))
        {
            lock (_lock)
            {
                if (Open(stored.Note, out _) is { } cosigned && IsNewer(stored.Member, cosigned)) _posted[stored.Member] = new Posted(++_last, cosigned);
            }
        }
    }

    /// <summary>Takes a member's cosignature. An older one than the one that is there changes nothing.</summary>
    /// <exception cref="RefusalException">It does not hold, is another member's, or is of a history that is not this store's.</exception>
    public async ValueTask AddAsync(MemberId member, ReadOnlyMemory<byte> note, CancellationToken cancellation)
    {
        if (Open(note.Span, out string? fault) is not { } cosigned) throw new RefusalException(Refusal.Invalid("COSIGNATURE_INVALID", $"The cosigned checkpoint cannot be taken: {fault}", "cosigned_checkpoint", "Send the log's checkpoint with this member's cosignature, and no other."));
        if (cosigned.Member != member) throw new RefusalException(Refusal.Denied("COSIGNATURE_OF_ANOTHER", "The cosignature is another member's.", "cosigned_checkpoint", "Send this member's own."));
        lock (_lock)
        {
            if (!IsNewer(member, cosigned)) return;
        }

        LogHead? own = await _store.ReadCheckpointAsync(cosigned.Checkpoint.Size, cancellation).ConfigureAwait(false);
        if (own is null || !SignedNote.TryParse(own.Note, out SignedNote? signed, out _) || signed.Text != cosigned.Note.Text) throw await _guard.RefuseAsync(member, cosigned.Checkpoint, note, cancellation).ConfigureAwait(false);
        lock (_lock)
        {
            if (!IsNewer(member, cosigned)) return; // A newer one came while the store was asked about this one.
            _posted[member] = new Posted(++_last, cosigned);
            _unwritten.Add(member);
            if (_time.GetElapsedTime(_writtenAt) < WriteInterval) return;
            _writtenAt = _time.GetTimestamp();
        }

        await WriteAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Other members' cosignatures that came in after a number, oldest first, and the number of the newest one looked at.</summary>
    public (IReadOnlyList<CosignedCheckpoint> Cosigned, ulong Last) ReadSince(ulong after, MemberId reader)
    {
        lock (_lock)
        {
            Posted[] since = [.. _posted.Values.Where(posted => posted.Number > after && posted.Cosigned.Member != reader).OrderBy(posted => posted.Number).Take(MostInAnswer)];
            return ([.. since.Select(posted => posted.Cosigned)], since.Length == MostInAnswer ? since[^1].Number : _last);
        }
    }

    /// <summary>Every member's newest.</summary>
    public IReadOnlyList<CosignedCheckpoint> ReadAll()
    {
        lock (_lock) return [.. _posted.Values.OrderBy(posted => posted.Number).Select(posted => posted.Cosigned)];
    }

    /// <summary>Writes what is not on disk yet.</summary>
    public async ValueTask WriteAsync(CancellationToken cancellation)
    {
        // One after the other: an older cosignature never replaces a newer one in the store.
        TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_lock) (before, _writing) = (_writing, written.Task);
        await before.ConfigureAwait(false);
        StoredCosignature[] unwritten = [];
        bool isWritten = false;
        try
        {
            lock (_lock)
            {
                unwritten = [.. _unwritten.Select(member => _posted[member].Cosigned).Select(one => new StoredCosignature(one.Member, one.Checkpoint.Size, one.Note.ToBytes()))];
                _unwritten.Clear();
            }

            if (unwritten.Length > 0) await _store.Witness.SaveCosignaturesAsync(unwritten, cancellation).ConfigureAwait(false);
            isWritten = true;
        }
        catch (StoreUnavailableException full)
        {
            Log.CosignaturesNotWritten(_log, full.Message);
        }
        finally
        {
            if (!isWritten)
            {
                lock (_lock) _unwritten.UnionWith(unwritten.Select(one => one.Member));
            }

            written.SetResult();
        }
    }

    private bool IsNewer(MemberId member, CosignedCheckpoint cosigned) => !_posted.TryGetValue(member, out Posted? posted) || posted.Cosigned.Checkpoint.Size < cosigned.Checkpoint.Size;

    private CosignedCheckpoint? Open(ReadOnlySpan<byte> note, out string? fault)
    {
        NetworkState state = _view.Current;
        LogVerifier verifier = new(state.Network, VerifyingKey.FromBytes(state.Genesis!.LogPk.Span));
        return CosignedCheckpoint.Open(note, verifier, state.Network, member => state.Members.TryGetValue(member, out NetworkMember? known) ? known.NodeKey : null, out fault);
    }

    private sealed record Posted(ulong Number, CosignedCheckpoint Cosigned);
}
