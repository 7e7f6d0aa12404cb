using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>
/// What a node keeps of its own sellers and past shipments, and what came of them. The promises are those of <see cref="INodeStore"/>. All that is nominal arrives sealed or as a keyed digest.
/// A past shipment is found by keys: the first 64 bits of its identifiers' hashes, and others the caller chooses. Every new hit of an identifier that a registered seller or a past shipment
/// has becomes a meeting in the transaction that stores the hit; a record that ends takes its meetings with it, and its alerts lose what it had opened and say as what it ended.
/// </summary>
public interface IWatchStore
{
    /// <summary>
    /// Registers sellers by their references, in order. Where a reference is registered with other content it is replaced, its number stays; with the same content nothing is written.
    /// </summary>
    /// <returns>For each, what was done and the row now there.</returns>
    ValueTask<IReadOnlyList<(SellerChange Change, StoredSeller Seller)>> SaveSellersAsync(IReadOnlyCollection<StoredSeller> sellers, CancellationToken cancellation);

    /// <summary>The seller of a reference with its hashes, or null.</summary>
    ValueTask<StoredSeller?> FindSellerAsync(ReadOnlyMemory<byte> reference, CancellationToken cancellation);

    /// <summary>The sellers that have an identifier, with all their hashes.</summary>
    ValueTask<IReadOnlyList<StoredSeller>> FindSellersAsync(UInt128 hash, CancellationToken cancellation);

    /// <summary>All sellers, oldest first, with their hashes.</summary>
    IAsyncEnumerable<StoredSeller> ListSellersAsync(CancellationToken cancellation);

    /// <summary>Ends a registration. Alerts about the seller stay.</summary>
    /// <returns>Whether there was one.</returns>
    ValueTask<bool> RemoveSellerAsync(ReadOnlyMemory<byte> reference, CancellationToken cancellation);

    /// <summary>Registered sellers.</summary>
    ValueTask<long> CountSellersAsync(CancellationToken cancellation);

    /// <summary>Keeps shipments, with the keys they are found by, in one transaction.</summary>
    ValueTask AddPastAsync(StoredPastShipments shipments, IReadOnlyCollection<long> keys, CancellationToken cancellation);

    /// <summary>The rows that hold a key, newest first.</summary>
    IAsyncEnumerable<StoredPastShipments> FindPastAsync(long key, CancellationToken cancellation);

    /// <summary>Rows of days before <paramref name="day"/>, oldest first, at most so many.</summary>
    ValueTask<IReadOnlyList<StoredPastShipments>> ReadPastBeforeAsync(UtcDay day, int most, CancellationToken cancellation);

    /// <summary>Forgets a row of past shipments and its keys.</summary>
    /// <param name="id">The row's number.</param>
    /// <param name="keys">The keys it was added with.</param>
    /// <param name="used">Identifiers it used: known ones are marked as used on <paramref name="day"/>, unless later, in the same transaction.</param>
    /// <param name="day">The row's day.</param>
    /// <param name="cancellation">Ends the call.</param>
    ValueTask ForgetPastAsync(long id, IReadOnlyCollection<long> keys, IReadOnlyCollection<UInt128> used, UtcDay day, CancellationToken cancellation);

    /// <summary>How much of the past is held.</summary>
    ValueTask<PastSize> CountPastAsync(CancellationToken cancellation);

    /// <summary>Puts hits to be looked at, or looked at again, beside those the store puts there itself. Those with records no longer live are dropped.</summary>
    ValueTask AddMeetingsAsync(IReadOnlyCollection<StoredHit> meetings, CancellationToken cancellation);

    /// <summary>Hits nobody has looked at yet, oldest first, at most so many.</summary>
    ValueTask<IReadOnlyList<OpenMeeting>> ReadMeetingsAsync(long afterId, int most, CancellationToken cancellation);

    /// <summary>
    /// Raises alerts and closes the meetings they come from, in one transaction. An alert of a pair that has one replaces it where it weighs more or the old one has ended; when it was raised and
    /// who took note stay. An alert about a record that is no longer live is dropped.
    /// </summary>
    ValueTask SaveAlertsAsync(IReadOnlyCollection<StoredAlert> alerts, IReadOnlyCollection<long> meetings, CancellationToken cancellation);

    /// <summary>Alerts changed after a change, in the order of their changes.</summary>
    IAsyncEnumerable<StoredAlert> ReadAlertsAsync(long afterChange, CancellationToken cancellation);

    /// <summary>The alert of a number, or null.</summary>
    ValueTask<StoredAlert?> FindAlertAsync(long id, CancellationToken cancellation);

    /// <summary>Notes that somebody has seen an alert, or with null that nobody has.</summary>
    /// <returns>Whether there is such an alert.</returns>
    ValueTask<bool> AcknowledgeAlertAsync(long id, byte[]? acknowledged, CancellationToken cancellation);

    /// <summary>Deletes alerts raised before a moment.</summary>
    ValueTask ForgetAlertsAsync(DateTimeOffset before, CancellationToken cancellation);

    /// <summary>Keeps a dismissal; the same pair again replaces the first.</summary>
    /// <returns>The row with its number.</returns>
    ValueTask<StoredDismissal> AddDismissalAsync(StoredDismissal dismissal, CancellationToken cancellation);

    /// <summary>All dismissals, oldest first.</summary>
    IAsyncEnumerable<StoredDismissal> ListDismissalsAsync(CancellationToken cancellation);

    /// <summary>Takes a dismissal back.</summary>
    /// <returns>Whether there was one.</returns>
    ValueTask<bool> RemoveDismissalAsync(long id, CancellationToken cancellation);

    /// <summary>
    /// Identifiers last used before <paramref name="day"/> that no registered seller has, by their number, with sealed evaluations and without tags, at most so many. Whether a past shipment has
    /// them the caller asks by their keys.
    /// </summary>
    ValueTask<IReadOnlyList<(long Id, KnownIdentifier Identifier)>> ReadUnusedAsync(UtcDay day, long afterId, int most, CancellationToken cancellation);

    /// <summary>The day of the newest row of past shipments that holds a key, or null.</summary>
    ValueTask<UtcDay?> FindLastPastDayAsync(long key, CancellationToken cancellation);

    /// <summary>Marks known identifiers as used on a day, unless they were used later.</summary>
    ValueTask TouchKnownAsync(IReadOnlyCollection<UInt128> hashes, UtcDay day, CancellationToken cancellation);

    /// <summary>Forgets identifiers with the tags and the hits they are given with.</summary>
    ValueTask ForgetKnownAsync(IReadOnlyCollection<KnownIdentifier> identifiers, CancellationToken cancellation);
}
