using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Microsoft.Extensions.Hosting;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Watch;

/// <summary>
/// Turns meetings of records with what this node has seen before into alerts (retro-match). Each meeting was stored in the transaction that stored the record or the identifier, and is closed in
/// the one that stores its alerts: a stop in between loses none. A subject is decided as screening decides it, so an alert explains itself in the same words.
/// </summary>
public sealed class AlertRaiser(
    INodeStore store, NodeMatcher matcher, Screener screener, SellerBook sellers, PastShipments past, WatchSeal seal, Func<NodeView> view, AlarmBell alarms, TimeProvider time, Life.StoreAge? age = null) : BackgroundService
{
    /// <summary>Past shipments of one identifier that one record raises alerts for: the newest. A sender of a million parcels is one finding, not a million.</summary>
    public const int MostShipments = 1_000;

    private const int MostMeetings = 500;
    private const int LeastAlerts = 256;

    private static readonly TimeSpan Round = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan wait = Round;
            try
            {
                // A store from a backup says nothing before it has caught up: what it would raise may have been withdrawn since.
                if (age?.IsBehind == true) wait = Pause;
                else if (!await RunAsync(stoppingToken)) wait = Moment;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnavailableException)
            {
                wait = Pause;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                await alarms.RaiseFailureAsync("raising alerts", fault, stoppingToken);
                wait = Pause;
            }

            await matcher.Met.WaitAsync(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Looks at every open meeting.</summary>
    /// <returns>Whether none is left; some wait for a circle's key that is on its way into the view.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        bool none = true;
        long after = 0;
        while (await store.ReadMeetingsAsync(after, MostMeetings, cancellation) is { Count: > 0 } meetings)
        {
            after = meetings[^1].Id;
            none &= await LookAtAsync(meetings, cancellation);
        }

        return none;
    }

    private async Task<bool> LookAtAsync(IReadOnlyList<OpenMeeting> meetings, CancellationToken cancellation)
    {
        Dictionary<int, NodeRecord> records = [];
        HashSet<int> awaited = [];
        foreach (int number in meetings.Select(meeting => meeting.Record).Distinct())
        {
            if (await store.ReadRecordAsync(number, cancellation) is not { State: NodeRecordState.Live } record) continue;
            if (view().Keyring.Find(record.Circle, record.Epoch) is null) awaited.Add(number);
            else records[number] = record;
        }

        HashSet<(AlertSubject, string)> seen = [];
        List<StoredAlert> alerts = [];
        foreach (IGrouping<UInt128, OpenMeeting> met in meetings.Where(meeting => records.ContainsKey(meeting.Record)).GroupBy(meeting => meeting.Hash))
        {
            // A subject that several identifiers bring up is decided once, with all records of these meetings.
            foreach (WatchedSubject seller in await sellers.FindAsync(met.Key, cancellation)) await DecideAsync(seller, isLast: false, records, seen, alerts, cancellation);
            int shipments = 0;
            await foreach (WatchedSubject shipment in past.FindAsync(met.Key, cancellation))
            {
                await DecideAsync(shipment, isLast: ++shipments == MostShipments, records, seen, alerts, cancellation);
                if (shipments == MostShipments) break;

                // Not held back until thousands are ready.
                if (alerts.Count < LeastAlerts) continue;
                await store.SaveAlertsAsync(alerts, [], cancellation);
                alerts.Clear();
            }
        }

        await store.SaveAlertsAsync(alerts, [.. meetings.Where(meeting => !awaited.Contains(meeting.Record)).Select(meeting => meeting.Id)], cancellation);
        return awaited.Count == 0;
    }

    private async Task DecideAsync(WatchedSubject subject, bool isLast, Dictionary<int, NodeRecord> records, HashSet<(AlertSubject, string)> seen, List<StoredAlert> alerts, CancellationToken cancellation)
    {
        if (!seen.Add((subject.Kind, subject.Reference))) return;
        V1.ScreeningResult result = await screener.DecideAsync(subject.Prepared, cancellation);
        foreach (V1.Hit hit in result.Hits)
        {
            // GREEN asks nobody to do anything: an authorised trader, words of a name alone, a dismissed record, or too little.
            if (hit.Lane is not (V1.Lane.Yellow or V1.Lane.Red) || subject.Shown.Contains(PastBlock.Shorten(hit.RecordId.Span))) continue;
            RecordId id = RecordId.FromBytes(hit.RecordId.Span);
            if (records.Values.FirstOrDefault(record => record.Id == id) is not { } record) continue;
            AddBounds(hit, result, isLast);
            alerts.Add(AlertList.RowOf(seal, subject, record.Number, hit, time.GetUtcNow()));
        }
    }

    // Who reads an alert is told what was not looked at.
    private static void AddBounds(V1.Hit hit, V1.ScreeningResult result, bool isLast)
    {
        hit.Reasons.AddRange(result.RejectedFields.Where(field => field.Code == "STOP_VALUE").Select(field => new V1.Reason { Field = field.Which, Text = field.What }));
        if (isLast) hit.Reasons.Add(new V1.Reason { Text = $"Alerts are raised for the newest {MostShipments:N0} past shipments of an identifier; this is the last of them, and older ones were not looked at." });
    }
}
