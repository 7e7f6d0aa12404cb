using System.Globalization;
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
/// Looks at the checkpoints that members show: one that the log's key has signed and the store does not have means that a second history begins here. Then nothing is appended any more, which the store keeps, so that
/// neither a restart nor another broker on it goes on. A store that was put back from a backup is held from its first moment, until most members have shown that they hold nothing newer.
/// </summary>
public sealed class HistoryGuard
{
    private readonly Lock _lock = new();
    private readonly HashSet<MemberId> _agreed = [];
    private readonly IBrokerStore _store;
    private readonly NetworkView _view;
    private readonly Sequencer _sequencer;
    private readonly string _restored;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private bool _isHeld;
    private volatile bool _isKept;
    private volatile byte[]? _toKeep;

    private HistoryGuard(IBrokerStore store, NetworkView view, Sequencer sequencer, string restored, TimeProvider time, ILogger log)
    {
        _store = store;
        _view = view;
        _sequencer = sequencer;
        _restored = restored;
        _time = time;
        _log = log;
    }

    /// <summary>Begins before anything can be appended.</summary>
    /// <param name="store">The store.</param>
    /// <param name="view">The network's state.</param>
    /// <param name="sequencer">Who appends.</param>
    /// <param name="restored">The file that says the store was put back from a backup; gone once members have agreed.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Where it is told.</param>
    /// <param name="cancellation">Cancels the reading.</param>
    public static async ValueTask<HistoryGuard> OpenAsync(IBrokerStore store, NetworkView view, Sequencer sequencer, string restored, TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        HistoryGuard guard = new(store, view, sequencer, restored, time, log);
        if (File.Exists(restored))
        {
            guard._isHeld = true;
            sequencer.Halt(Refusal.Unavailable(
                "LOG_HELD", "The broker's store was put back from a backup. Nothing is appended until most members have shown that they hold nothing newer.", "log", "Wait until the members' nodes have connected; it is tried again by itself."));
            Log.StoreHeld(log, view.Size);
        }

        await guard.FollowAsync(cancellation).ConfigureAwait(false);
        return guard;
    }

    /// <summary>Takes up what another broker on the same store, or this one before its restart, was shown.</summary>
    public async ValueTask FollowAsync(CancellationToken cancellation)
    {
        if (_toKeep is { } open) await KeepAsync(open, cancellation).ConfigureAwait(false);
        if (_sequencer.Halted?.Code == "LOG_HALTED" || await _store.Witness.ReadForeignCheckpointAsync(cancellation).ConfigureAwait(false) is not { } note) return;
        if (Verifier().Open(note, out _) is not { } shown) throw new StoreCorruptException("foreign_checkpoint", "1");
        if (await IsOwnAsync(shown, cancellation).ConfigureAwait(false)) await _store.Witness.ForgetForeignCheckpointAsync(cancellation).ConfigureAwait(false); // The newest store is back.
        else Halt(shown, "-");
    }

    /// <summary>A member shows the checkpoint up to which it has verified the log. What the log's key has not signed says nothing, and is passed over.</summary>
    public async ValueTask LookAsync(MemberId member, ReadOnlyMemory<byte> note, CancellationToken cancellation)
    {
        if (Verifier().Open(note.Span, out _) is not { } shown) return;
        if (await IsOwnAsync(shown, cancellation).ConfigureAwait(false)) Agree(member);
        else await RefuseAsync(member, shown, note, cancellation).ConfigureAwait(false);
    }

    /// <summary>Halts for good, and keeps why.</summary>
    /// <param name="member">Who showed the checkpoint.</param>
    /// <param name="shown">The checkpoint.</param>
    /// <param name="note">The note, as the log's key has signed it.</param>
    /// <param name="cancellation">Cancels the writing; the halt stands already.</param>
    public async ValueTask<RefusalException> RefuseAsync(MemberId member, Checkpoint shown, ReadOnlyMemory<byte> note, CancellationToken cancellation)
    {
        RefusalException told = Halt(shown, member.Prefix);
        await KeepAsync(note.ToArray(), cancellation).ConfigureAwait(false);
        return told;
    }

    // A write that fails is made again when the store is looked at next, or with what is shown next.
    private async ValueTask KeepAsync(byte[] note, CancellationToken cancellation)
    {
        if (_isKept) return;
        _toKeep = note;
        await _store.Witness.SaveForeignCheckpointAsync(note, _time.GetUtcNow(), cancellation).ConfigureAwait(false);
        _isKept = true;
        _toKeep = null;
    }

    private RefusalException Halt(Checkpoint shown, string member)
    {
        Refusal refusal = Refusal.DataLoss(
            "LOG_HALTED", string.Create(CultureInfo.InvariantCulture, $"A member holds a checkpoint of size {shown.Size} that the log's key has signed and this broker's store does not have. Nothing is appended any more."), "log",
            "The broker's operator has to restore the newest store: going on from an older one would fork the log.");
        if (_sequencer.Halted?.Code != "LOG_HALTED") Log.ForeignCheckpoint(_log, member, shown.Size);
        lock (_lock) _isHeld = false;
        _sequencer.Halt(refusal);
        return new RefusalException(refusal);
    }

    private void Agree(MemberId member)
    {
        lock (_lock)
        {
            if (!_isHeld || !_agreed.Add(member)) return;
            int active = _view.Current.Members.Values.Count(known => known.IsActive);
            if (_agreed.Count(known => _view.Current.Members.TryGetValue(known, out NetworkMember? one) && one.IsActive) * 2 <= active) return;
            _isHeld = false;
            _sequencer.GoOn();
            File.Delete(_restored);
            Log.StoreReleased(_log, _agreed.Count, active);
        }
    }

    // By the store and not by what this broker has read of it: another one may have appended what the member shows.
    private async ValueTask<bool> IsOwnAsync(Checkpoint shown, CancellationToken cancellation)
    {
        ulong head = (await _store.ReadHeadAsync(cancellation).ConfigureAwait(false))?.Size ?? 0;
        return shown.Size <= head && (shown.Size == 0 ? MerkleHash.EmptyRoot : TiledTree.Open(shown.Size, _store).Root) == shown.Root;
    }

    private LogVerifier Verifier() => new(_view.Current.Network, VerifyingKey.FromBytes(_view.Current.Genesis!.LogPk.Span));
}
